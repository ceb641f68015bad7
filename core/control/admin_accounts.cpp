#include "control/admin_accounts.h"

#include "config/stored_account.h"
#include "control/admin_input.h"
#include "control/admin_views.h"
#include "control/list_page.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxBody = 256 * 1024;
constexpr int kMaxWeight = 1000;

OrReply<UpstreamAccountRecord> find_account(const AdminParts& parts, std::string_view name) {
  const auto found = parts.store.find_upstream_account(name);
  if (!found) return store_refused(parts, found.error());
  if (!*found) return not_found("upstream account");
  return **found;
}

// What tells the credential from others, and no more.
std::string hint_of(const Credential& credential) {
  if (!credential.client_email.empty()) return credential.client_email;
  return credential.api_key.masked();
}

// Takes a new credential or new models into the record, after a look at both together. `credential`: the JSON in force
// from now on.
void take_credential(const AdminParts& parts, AdminBody& body, std::string_view credential, bool fresh,
                     UpstreamAccountRecord& account) {
  const auto accounts = read_stored_account(account.name, credential, account.models, parts.options.settings,
                                            parts.options.map_hooks);
  if (!accounts) return body.refuse(accounts.error().message);
  if (!fresh) return;
  account.hint = hint_of(*accounts->front()->credential);
  account.sealed_credential = seal_upstream_credential(parts.options.credential_box, account.name, credential, parts.random);
}

void read_account(AdminBody& body, UpstreamAccountRecord& account) {
  if (const auto models = body.array("models")) account.models = *models;
  if (const auto weight = body.integer("weight", 1, kMaxWeight)) account.weight = static_cast<int>(*weight);
  if (const auto enabled = body.flag("enabled")) {
    account.enabled = *enabled;
    account.disabled_reason.clear();
  }
}

}  // namespace

HttpResponse list_upstream_accounts(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {"search", "limit", "offset"});
  ListPage page(query);
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto accounts = parts.store.list_upstream_accounts();
  if (!accounts) return store_refused(parts, accounts.error());
  boost::json::array list;
  for (const UpstreamAccountRecord& account : *accounts) {
    if (page.finds({account.name, account.hint}) && page.take()) list.push_back(account_view(account));
  }
  return json_reply(200, page.told("accounts", std::move(list)));
}

HttpResponse create_upstream_account(AdminParts& parts, const AdminCall& call) {
  AdminBody body(call.request, {"name", "credential", "models", "weight", "enabled"}, kMaxBody);
  UpstreamAccountRecord account;
  account.name = body.required_text("name", 128, "name the account");
  if (const std::string fault = client_name_fault(account.name); !fault.empty()) body.refuse(fault);
  read_account(body, account);
  if (!body.has("credential")) body.refuse("\"credential\" is missing: put the key file's JSON object there.");
  const auto credential = body.object("credential");
  if (!body.refusal() && credential) take_credential(parts, body, *credential, true, account);
  if (auto refused = body.refusal()) return std::move(*refused);
  account.created_at_s = parts.now_s();
  const Result<bool> kept = parts.store.insert_upstream_account(account);
  if (!kept) return store_refused(parts, kept.error());
  if (!*kept) {
    return already_there("There is an upstream account " + account.name + " already; PATCH it, or choose another name.");
  }
  note_directory_change(parts, call, "account.create", account.name, {{"hint", account.hint}, {"weight", account.weight}});
  HttpResponse answer = json_reply(201, account_view(account));
  set_header(answer, "Location", "/api/admin/upstream-accounts/" + url_encode(account.name));
  return answer;
}

HttpResponse show_upstream_account(AdminParts& parts, const AdminCall& call) {
  const OrReply<UpstreamAccountRecord> found = find_account(parts, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  return json_reply(200, account_view(std::get<UpstreamAccountRecord>(found)));
}

HttpResponse change_upstream_account(AdminParts& parts, const AdminCall& call) {
  OrReply<UpstreamAccountRecord> found = find_account(parts, call.name);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  auto& account = std::get<UpstreamAccountRecord>(found);
  AdminBody body(call.request, {"credential", "models", "weight", "enabled"}, kMaxBody);
  if (body.empty()) body.refuse("The body changes nothing; it may hold credential, models, weight and enabled.");
  read_account(body, account);
  if (const auto credential = body.object("credential")) {
    take_credential(parts, body, *credential, true, account);
  } else if (body.array("models")) {
    const auto kept = open_upstream_credential(parts.options.credential_box, account.name, account.sealed_credential);
    if (kept) {
      take_credential(parts, body, kept->reveal(), false, account);
    } else {
      body.refuse("The credential was sealed with another master key; send it again together with the models.");
    }
  }
  if (auto refused = body.refusal()) return std::move(*refused);
  const Result<bool> done = parts.store.update_upstream_account(account);
  if (!done) return store_refused(parts, done.error());
  if (!*done) return not_found("upstream account");
  note_directory_change(parts, call, "account.change", account.name,
                        {{"enabled", account.enabled},
                         {"weight", account.weight},
                         {"credential", body.has("credential") ? "replaced" : "kept"},
                         {"models", body.has("models") ? "replaced" : "kept"}});
  return json_reply(200, account_view(account));
}

HttpResponse erase_upstream_account(AdminParts& parts, const AdminCall& call) {
  const Result<bool> gone = parts.store.erase_upstream_account(call.name);
  if (!gone) return store_refused(parts, gone.error());
  if (!*gone) return not_found("upstream account");
  note_directory_change(parts, call, "account.delete", call.name);
  return no_content();
}

}  // namespace moongate
