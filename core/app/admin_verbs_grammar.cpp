#include "app/admin_verbs_grammar.h"

#include <memory>

#include "app/backup_verbs.h"

namespace moongate {
namespace {

class Grammar {
 public:
  explicit Grammar(CommandLine& command) : command_(command), words_(command.words) {}

  CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& description, AdminVerb run) {
    CLI::App* made = parent.add_subcommand(name, description);
    made->callback([this_command = &command_, run] {
      this_command->verb = CommandLine::Verb::kAdmin;
      this_command->admin_verb = run;
    });
    made->add_option("--format", words_.format, "table, json or csv")->check(CLI::IsMember({"table", "json", "csv"}));
    made->add_option("--url", words_.access.url, "the gateway's control port, http://host:8889 (or MOONGATE_URL); without it, the one on this machine, or its store");
    made->add_option("--token", token_, "the admin token (better: MOONGATE_ADMIN_TOKEN, which no process list shows)")
        ->each([this_command = &command_](const std::string& text) { this_command->words.access.token = Secret(text); });
    made->add_option("--ca-file", words_.access.ca_file, "PEM bundle that an https:// URL is verified with");
    return made;
  }
  CLI::App* named(CLI::App& parent, const std::string& name, const std::string& description, AdminVerb run,
                  const std::string& what = "NAME") {
    CLI::App* made = verb(parent, name, description, run);
    made->add_option(what, words_.name)->required();
    return made;
  }
  void text(CLI::App* app, const std::string& option, std::string& to, const std::string& description, bool required = false) {
    app->add_option(option, to, description)->required(required);
  }
  void terms(CLI::App* app) {
    list(app, "--provider", words_.providers, "allowed provider (anthropic, gemini, vertex, vertex-claude); may be repeated");
    list(app, "--model", words_.models, "allowed model, * at its end for a family; may be repeated");
    list(app, "--ip", words_.addresses, "allowed address or block (10.0.0.0/8, 2001:db8::/32); may be repeated");
    list(app, "--limit", words_.limits,
         "NAME=NUMBER with requests_per_minute, tokens_per_minute, input_tokens_per_minute, output_tokens_per_minute, tokens_per_day, cost_per_day, cost_per_month or concurrent; may be repeated");
    app->add_option("--markup", words_.markup, "what is billed, as a factor of the cost");
    app->add_flag("--shadow", words_.shadow, "limits are counted and logged, nothing is refused");
  }
  void changed_terms(CLI::App* app) {
    terms(app);
    app->add_flag("--no-terms", words_.clear_terms, "no restrictions any more (terms that are given replace all of before)");
  }
  void period(CLI::App* app, bool required = false) {
    text(app, "--from", words_.from, "first moment: 2026-11-01 or 2026-11-01T12:00:00Z", required);
    text(app, "--to", words_.to, "first moment that is not meant", required);
  }

  void add_people(CLI::App& app);
  void add_keys(CLI::App& app);
  void add_money(CLI::App& app);

 private:
  static void list(CLI::App* app, const std::string& option, std::vector<std::string>& to, const std::string& description) {
    app->add_option(option, to, description)->allow_extra_args(false);
  }

  CommandLine& command_;
  AdminWords& words_;
  std::string token_;
};

CLI::App& group(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* made = app.add_subcommand(name, description);
  made->require_subcommand(1);
  return *made;
}

void Grammar::add_people(CLI::App& app) {
  CLI::App& user = group(app, "user", "who pays");
  verb(user, "list", "all users with their balances", user_list);
  CLI::App* add = named(user, "add", "make a user", user_add);
  text(add, "--email", words_.email, "their address");
  text(add, "--role", words_.role, "user, viewer, operator or admin");
  add->add_flag("--password-stdin", words_.password_stdin, "the password is the first line of standard input");
  text(add, "--opening", words_.opening, "opening balance in dollars");
  terms(add);
  named(user, "show", "one user", user_show);
  CLI::App* change = named(user, "change", "rename a user, or change address, role or terms", user_change);
  text(change, "--name", words_.new_name, "new name");
  text(change, "--email", words_.email, "new address");
  text(change, "--role", words_.role, "user, viewer, operator or admin");
  change->add_flag("--password-stdin", words_.password_stdin, "a new password, the first line of standard input");
  changed_terms(change);
  named(user, "disable", "refuse all keys of a user's clients", user_disable);
  named(user, "enable", "accept them again", user_enable);
  CLI::App* token = named(user, "token", "make a key for a user, and print it this once", user_token);
  text(token, "--name", words_.new_name, "what to call the key");
  text(token, "--expires", words_.expires, "2027-01-31, or with a time");
  terms(token);

  CLI::App& client = group(app, "client", "programs and persons that keys are given to");
  text(verb(client, "list", "all clients", client_list), "--user", words_.user, "only this user's");
  CLI::App* made = named(client, "add", "make a client", client_add);
  text(made, "--user", words_.user, "the user who pays for it");
  terms(made);
  named(client, "show", "one client", client_show);
  CLI::App* other = named(client, "change", "rename a client, give it to another user, or change its terms", client_change);
  text(other, "--name", words_.new_name, "new name");
  text(other, "--user", words_.user, "the user who pays for it; - for nobody");
  changed_terms(other);
  named(client, "disable", "refuse its keys", client_disable);
  named(client, "enable", "accept them again", client_enable);
  named(client, "delete", "take it away with all its keys", client_delete);
}

void Grammar::add_keys(CLI::App& app) {
  const std::string kKey = "KEY";
  CLI::App& key = group(app, "key", "API keys (KEY: its id, its first seven characters, or its name)");
  text(verb(key, "list", "all keys", key_list), "--client", words_.client, "only this client's");
  CLI::App* add = verb(key, "add", "make a key, and print it this once", key_add);
  text(add, "--client", words_.client, "whose it is", true);
  text(add, "--name", words_.new_name, "what to call it");
  text(add, "--expires", words_.expires, "2027-01-31, or with a time");
  terms(add);
  named(key, "show", "one key", key_show, kKey);
  CLI::App* change = named(key, "change", "change name, expiry or terms", key_change, kKey);
  text(change, "--name", words_.new_name, "new name");
  text(change, "--expires", words_.expires, "2027-01-31, or with a time; or never");
  changed_terms(change);
  named(key, "disable", "refuse it, on every gateway within a second", key_disable, kKey);
  named(key, "enable", "accept it again", key_enable, kKey);
  named(key, "delete", "take it away", key_delete, kKey);
  named(key, "regenerate", "a new key under the same id, printed this once; the old one stops working", key_regenerate, kKey);

  CLI::App& account = group(app, "account", "credentials for the providers, kept sealed in the store");
  verb(account, "list", "all accounts of the store", account_list);
  CLI::App* put = named(account, "add", "put a credential in", account_add);
  text(put, "--file", words_.file, "a key file from Google, or {\"type\":\"anthropic_api_key\",\"api_key\":\"…\"}", true);
  CLI::App* set = named(account, "change", "replace credential, models or weight", account_change);
  text(set, "--file", words_.file, "the new key file");
  for (CLI::App* each : {put, set}) {
    list(each, "--model", words_.models, "model that it serves, * at its end for a family; may be repeated; none: all");
    each->add_option("--weight", words_.weight, "its share beside others, 1 to 1000")->check(CLI::Range(1, 1000));
  }
  named(account, "disable", "use it no more", account_disable);
  named(account, "enable", "use it again", account_enable);
  named(account, "remove", "take it out of the store", account_remove);
}

void Grammar::add_money(CLI::App& app) {
  CLI::App* money = verb(app, "balance", "what users have; with an amount, put it in or take it out", balance);
  money->add_option("NAME", words_.name, "the user; all when none is given");
  money->add_option("AMOUNT", words_.amount, "+25, +12.50 or -3.75, in dollars");
  text(money, "--note", words_.note, "why");
  text(money, "--id", words_.id, "a name for the movement, so that running this twice moves once");

  CLI::App* used = verb(app, "usage", "what was used and what it cost; this month when no time is given", usage);
  used->add_option("NAME", words_.name, "only this user's");
  period(used);
  text(used, "--date", words_.date, "a year, month or day: 2026-11");
  text(used, "--by", words_.by, "day, hour, user, client, provider, model or total; several with commas");
  text(used, "--client", words_.client, "only this client's");
  text(used, "--model", words_.model, "only this model's");

  CLI::App* rows = verb(app, "ledger", "single requests, newest first", ledger);
  period(rows);
  text(rows, "--user", words_.user, "only this user's");
  text(rows, "--client", words_.client, "only this client's");
  text(rows, "--model", words_.model, "only this model's");
  CLI::App* again = verb(app, "reprice", "price the requests of a time anew, by the price table in force", reprice_ledger);
  period(again, true);
  CLI::App* audit = verb(app, "audit", "what administrators did, newest first", audit_log);
  for (CLI::App* each : {rows, audit}) each->add_option("--limit", words_.limit, "how many, up to 1000")->check(CLI::Range(1, 1000));
}

}  // namespace

void add_admin_grammar(CLI::App& app, CommandLine& command) {
  const auto grammar = std::make_shared<Grammar>(command);
  grammar->add_people(app);
  grammar->add_keys(app);
  grammar->add_money(app);
  // Options of the grammar's own are written to while parsing.
  app.parse_complete_callback([grammar] {});
}

void add_store_grammar(CLI::App& app, CommandLine& command) {
  const auto verb = [&command](CLI::App& parent, const std::string& name, const std::string& description, StoreVerb run) {
    CLI::App* made = parent.add_subcommand(name, description);
    made->callback([&command, run] {
      command.verb = CommandLine::Verb::kStore;
      command.store_verb = run;
    });
    return made;
  };
  CLI::App& migrate = group(app, "migrate", "the schema of the store");
  verb(migrate, "up", "apply the migrations that are missing", migrate_schema_up);
  verb(migrate, "down", "take back the last N migrations (1), with their data", migrate_schema_down)
      ->add_option("N", command.store_words.steps, "how many")
      ->check(CLI::Range(1, 10'000));
  verb(migrate, "rollback", "take back the last migration, with its data", migrate_schema_down);
  verb(migrate, "status", "which migrations are applied", show_migrations);
  verb(migrate, "seed", "make a user \"demo\" with $50 and a key to try things with", seed_demo);
  CLI::App* backup = verb(app, "backup", "write the store and the operator's files into one file, also while a gateway runs", back_up_store);
  backup->add_option("FILE", command.store_words.backup_file, "the file to write; - for standard output")->required();
  backup->add_flag("--with-secrets", command.store_words.with_secrets, "also the master key and the credential files: keep such a file as safe as those");
  CLI::App* restore = verb(app, "restore", "make the store and the files as a back-up has them", restore_store);
  restore->add_option("FILE", command.store_words.backup_file, "what `backup` wrote")->required();
  restore->add_flag("--replace", command.store_words.replace, "take away what is in the store, and overwrite files that differ");
  restore->add_flag("--store-only", command.store_words.store_only, "leave the map, the policy and all other files as they are");
  restore->add_flag("--without-master-key", command.store_words.without_master_key, "even if nothing here can open the sealed credentials");
  verb(app, "rekey", "seal everything in the store with a new master key", rekey_store);
  CLI::App& price = group(app, "price", "the price table");
  verb(price, "check", "check a price file; exit status 1 if something is wrong", check_prices)
      ->add_option("FILE", command.store_words.price_file, "the one of billing.prices when none is given");
}

}  // namespace moongate
