#include "app/store_verbs.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "app/admin_verbs.h"
#include "app/text_table.h"
#include "base/clock.h"
#include "config/check.h"
#include "config/stored_account.h"
#include "crypto/master_key.h"
#include "crypto/secret_file.h"
#include "http/api_reply.h"
#include "identity/api_key.h"
#include "meter/price_book.h"
#include "meter/price_file.h"
#include "net/local_socket.h"
#include "oauth2-mock/key_ring.h"
#include "store/rekey.h"
#include "store/schema_admin.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

int fail(const std::string& message) { return verb_failed(message); }

StoreOptions options_of(const Settings& settings) {
  return {settings.store.auto_migrate, 1, settings.store.ca_file};
}

Result<SchemaAdmin> open_schema(const Settings& settings) {
  if (Status made = create_private_directory(settings.data_dir); !made) return made.error();
  return SchemaAdmin::open(settings.store.url, settings.data_dir, options_of(settings));
}

void tell(const char* what, const std::vector<std::string>& steps) {
  for (const std::string& step : steps) std::printf("%s %s\n", what, step.c_str());
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// The key that is to be. In the file's case it lies beside the old one until everything is sealed with it, so that a
// rekey that broke off goes on with the same.
struct NewKey {
  Secret key;
  fs::path waiting;  // empty: it comes from the environment
};

Result<NewKey> new_key(const Settings& settings, bool from_environment) {
  if (from_environment) {
    const std::string given = variable("MOONGATE_NEW_MASTER_KEY");
    if (given.empty()) {
      return Error(ErrorKind::kInvalid,
                   "the master key is in MOONGATE_MASTER_KEY; put the new one in MOONGATE_NEW_MASTER_KEY "
                   "(`openssl rand -base64 32` makes one)");
    }
    auto key = load_master_key(settings.data_dir, given);
    if (!key) return Error(ErrorKind::kInvalid, "MOONGATE_NEW_MASTER_KEY is not 32 bytes in base64 or hex");
    return NewKey{std::move(*key), {}};
  }
  fs::path waiting = master_key_file(settings.data_dir);
  waiting += ".new";
  auto key = load_key_file(waiting);
  if (!key) return key.error();
  return NewKey{std::move(*key), std::move(waiting)};
}

}  // namespace

int verb_failed(const std::string& message) {
  std::fprintf(stderr, "moongate: %s\n", message.c_str());
  return kExitFailed;
}

std::optional<Settings> settings_of(const StoreWords& words) {
  std::vector<Problem> problems;
  Settings settings = load_settings(words.sources, problems);
  std::fputs(format_problems(problems).c_str(), stderr);
  if (has_errors(problems)) return std::nullopt;
  return settings;
}

// Whether a gateway serves this data_dir; says so.
bool is_running(const Settings& settings) {
  const std::string path = (fs::path(settings.data_dir) / "run" / "admin.sock").string();
  const Result<int> there = connect_local(path);
  if (!there) return false;
  ::close(*there);
  verb_failed("a gateway serves " + settings.data_dir + "; stop it first (and any other on the same store)");
  return true;
}

int migrate_schema_up(const StoreWords& words) {
  const auto settings = settings_of(words);
  if (!settings) return kExitFailed;
  auto schema = open_schema(*settings);
  if (!schema) return fail(schema.error().describe());
  const auto report = schema->up(SystemClock().unix_seconds());
  if (!report) return fail(report.error().describe());
  tell("applied", report->applied);
  std::printf("The schema is at version %lld.\n", static_cast<long long>(report->version));
  return kExitDone;
}

int migrate_schema_down(const StoreWords& words) {
  const auto settings = settings_of(words);
  if (!settings || is_running(*settings)) return kExitFailed;
  auto schema = open_schema(*settings);
  if (!schema) return fail(schema.error().describe());
  const auto report = schema->down(words.steps);
  if (!report) return fail(report.error().describe());
  tell("took back", report->taken_back);
  std::printf("The schema is at version %lld.\n", static_cast<long long>(report->version));
  return kExitDone;
}

int show_migrations(const StoreWords& words) {
  const auto settings = settings_of(words);
  if (!settings) return kExitFailed;
  auto schema = open_schema(*settings);
  if (!schema) return fail(schema.error().describe());
  const auto status = schema->status();
  if (!status) return fail(status.error().describe());
  TextTable table({{"VERSION", true}, {"NAME"}, {"STATE"}, {"APPLIED"}});
  for (const auto& step : status->steps) {
    table.add({std::to_string(step.version), step.name, step.state, step.applied_at_s == 0 ? "" : rfc3339(step.applied_at_s)});
  }
  std::fputs(table.aligned().c_str(), stdout);
  if (!status->trouble.empty()) return fail(status->trouble);
  if (status->pending > 0) std::printf("%zu pending; `moongate migrate up` applies them.\n", status->pending);
  return kExitDone;
}

int seed_demo(const StoreWords& words) {
  const auto settings = settings_of(words);
  if (!settings) return kExitFailed;
  if (Status made = create_private_directory(settings->data_dir); !made) return fail(made.error().describe());
  const auto now_s = SystemClock().unix_seconds();
  const auto store = open_store(settings->store.url, settings->data_dir, now_s, options_of(*settings));
  if (!store) return fail(store.error().describe());
  SystemRandom random;
  const Secret key = make_api_key(random);
  const auto seeded = seed_store(**store, api_key_digest(key.reveal()), api_key_display(key.reveal()), now_s, random);
  if (!seeded) return fail(seeded.error().describe());
  if (!*seeded) {
    std::fputs("A user or a client demo is there already; nothing was changed.\n", stderr);
    return kExitDone;
  }
  std::puts(key.reveal().c_str());
  std::fputs("This is the key of the user demo, who has $50; it is shown this once.\n", stderr);
  return kExitDone;
}

int rekey_store(const StoreWords& words) {
  const auto settings = settings_of(words);
  if (!settings || is_running(*settings)) return kExitFailed;
  const std::string given = variable("MOONGATE_MASTER_KEY");
  std::error_code unseen;
  if (given.empty() && !fs::exists(master_key_file(settings->data_dir), unseen)) {
    return fail("there is no " + master_key_file(settings->data_dir).string() +
                " and MOONGATE_MASTER_KEY is not set: nothing was ever sealed here");
  }
  const auto from = load_master_key(settings->data_dir, given);
  if (!from) return fail(from.error().describe());
  const auto to = new_key(*settings, !given.empty());
  if (!to) return fail(to.error().describe());
  const auto store = open_store(settings->store.url, settings->data_dir, SystemClock().unix_seconds(), options_of(*settings));
  if (!store) return fail(store.error().describe());
  const auto purpose = [&](SealedKind kind, std::string_view name, std::string_view context) {
    return RekeyPurpose{kind, SealedBox::derive(from->reveal(), name), SealedBox::derive(to->key.reveal(), name),
                        std::string(context)};
  };
  SystemRandom random;
  const auto changed = rekey(**store,
                             {purpose(SealedKind::kSigningKey, kSigningKeyPurpose, kSigningKeyContext),
                              purpose(SealedKind::kUpstreamCredential, kUpstreamCredentialPurpose, kUpstreamCredentialContext),
                              purpose(SealedKind::kConfigVersion, kConfigVersionPurpose, kConfigVersionContext)},
                             random);
  if (!changed) return fail(changed.error().describe());
  if (!to->waiting.empty()) {
    fs::rename(to->waiting, master_key_file(settings->data_dir), unseen);
    if (unseen) return fail("everything is sealed with " + to->waiting.string() + " now, but it could not take the place of master.key: " + unseen.message() + "; do that by hand");
  }
  std::printf("%lld secrets are sealed with the new master key.\n", static_cast<long long>(*changed));
  std::fprintf(stderr, "%sAccess tokens of the mock OAuth2 that were issued before are worth nothing any more.\n",
               to->waiting.empty() ? "Start the gateway with the new key in MOONGATE_MASTER_KEY. " : "");
  return kExitDone;
}

int check_prices(const StoreWords& words) {
  const auto settings = settings_of(words);
  if (!settings) return kExitFailed;
  const std::string path = words.price_file.empty() ? settings->billing.prices : words.price_file;
  std::error_code unseen;
  const bool built_in = words.price_file.empty() && path == Settings().billing.prices && !fs::exists(path, unseen);
  std::vector<Problem> problems;
  const auto rows = built_in ? parse_price_file("the built-in price table", built_in_prices(), problems)
                             : load_price_file(path, problems);
  std::fputs(format_problems(problems).c_str(), stdout);
  if (has_errors(problems)) return kExitFailed;
  std::printf("%s: %zu rows, in order.\n", built_in ? "The built-in price table" : path.c_str(), rows.size());
  return kExitDone;
}

}  // namespace moongate
