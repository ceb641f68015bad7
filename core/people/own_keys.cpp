#include "people/own_keys.h"

#include <boost/json/array.hpp>
#include <mutex>

#include "control/admin_clients.h"
#include "control/admin_keys.h"
#include "control/admin_views.h"
#include "control/list_page.h"
#include "people/key_terms.h"

namespace moongate {
namespace {

constexpr int kMostKeys = 200;  // of one user
constexpr int kMostUsageRows = 1000;  // of the ledger, for one key's usage

// The clients that the user pays for.
OrReply<std::vector<ClientRecord>> own_clients(PeopleParts& parts, const UserRecord& user) {
  auto clients = parts.store().list_clients();
  if (!clients) return store_refused(parts.admin, clients.error());
  std::erase_if(*clients, [&](const ClientRecord& each) { return each.user_id != user.id; });
  return std::move(*clients);
}

struct OwnKey {
  UserRecord user;
  ClientRecord client;
  ApiKeyRecord key;
};

OrReply<OwnKey> find_own_key(PeopleParts& parts, const PeopleCall& call) {
  OrReply<UserRecord> user = account_of(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&user)) return std::move(*refused);
  OwnKey own;
  own.user = std::move(std::get<UserRecord>(user));
  const auto key = parts.store().find_key(call.name);
  if (!key) return store_refused(parts.admin, key.error());
  if (!*key) return not_found("key");
  const auto client = parts.store().find_client((*key)->client_id);
  if (!client) return store_refused(parts.admin, client.error());
  if (!*client || (*client)->user_id != own.user.id) return not_found("key");
  own.key = **key;
  own.client = **client;
  return own;
}

// What the key may not have beyond user and client, or a complaint about the JSON of either.
void check_terms(AdminBody& body, const UserRecord& user, const ClientRecord& client) {
  const auto wanted = body.terms("terms");
  if (!wanted) return;
  const Result<Terms> terms = parse_terms(*wanted);
  const Result<Terms> of_user = parse_terms(user.terms), of_client = parse_terms(client.terms);
  if (!terms || !of_user || !of_client) return body.refuse("\"terms\" cannot be compared with yours; ask an operator.");
  if (std::string fault = terms_fault(*terms, *of_user, "you"); !fault.empty()) body.refuse(std::move(fault));
  if (std::string fault = terms_fault(*terms, *of_client, "the client"); !fault.empty()) body.refuse(std::move(fault));
}

// The client of that name among the user's; without a name the one that is called as the user is, made when there is none.
OrReply<ClientRecord> client_for_key(PeopleParts& parts, const PeopleCall& call, const UserRecord& user,
                                     const std::string& name) {
  const auto known = parts.store().find_client_by_name(name.empty() ? user.name : name);
  if (!known) return store_refused(parts.admin, known.error());
  if (*known && (*known)->user_id == user.id) return **known;
  if (!name.empty()) return bad_argument("\"client\": you have no client of that name.");
  if (*known) {
    return api_error(409, "FAILED_PRECONDITION",
                     "The client " + user.name + " belongs to somebody else; name a client of yours, or ask an operator for one.");
  }
  ClientRecord client;
  client.id = new_id(parts.admin.random, 'c');
  client.name = user.name;
  client.user_id = user.id;
  client.terms = "{}";
  client.created_at_s = parts.admin.now_s();
  const Result<bool> kept = parts.store().insert_client(client);
  if (!kept) return store_refused(parts.admin, kept.error());
  if (!*kept) return already_there("Somebody else has just made that client; try again.");
  note(parts.admin, call.admin(), "client.create", client.id, {{"name", client.name}, {"user_id", user.id}});
  return client;
}

HttpResponse at_own_address(HttpResponse answer) {
  for (auto& [name, value] : answer.headers) {
    if (name == "Location" && value.starts_with("/api/admin/")) value.replace(0, 11, "/api/");
  }
  return answer;
}

}  // namespace

HttpResponse list_own_keys(PeopleParts& parts, const PeopleCall& call) {
  OrReply<UserRecord> user = account_of(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&user)) return std::move(*refused);
  AdminQuery query(call.request, {"client", "search", "limit", "offset"});
  ListPage page(query);
  const std::string only = query.text("client");
  if (auto refused = query.refusal()) return std::move(*refused);
  OrReply<std::vector<ClientRecord>> clients = own_clients(parts, std::get<UserRecord>(user));
  if (auto* refused = std::get_if<HttpResponse>(&clients)) return std::move(*refused);
  boost::json::array list;
  for (const ClientRecord& client : std::get<std::vector<ClientRecord>>(clients)) {
    if (!only.empty() && client.name != only && client.id != only) continue;
    const auto keys = parts.store().list_keys(client.id);
    if (!keys) return store_refused(parts.admin, keys.error());
    for (const ApiKeyRecord& key : *keys) {
      if (page.finds({key.name, key.prefix, key.id, client.name}) && page.take()) list.push_back(key_view(key, client.name));
    }
  }
  return json_reply(200, page.told("keys", std::move(list)));
}

HttpResponse create_own_key(PeopleParts& parts, const PeopleCall& call) {
  OrReply<UserRecord> found = account_of(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  const auto& user = std::get<UserRecord>(found);
  AdminBody body(call.request, {"client", "name", "terms", "expires", "enabled"});
  const std::string name = body.text("client", 1, 128).value_or("");
  ApiKeyRecord key = read_new_key(parts.admin, body);
  check_terms(body, user, {});
  if (auto refused = body.refusal()) return std::move(*refused);
  const std::lock_guard alone(parts.changing);
  OrReply<ClientRecord> client = client_for_key(parts, call, user, name);
  if (auto* refused = std::get_if<HttpResponse>(&client)) return std::move(*refused);
  check_terms(body, user, std::get<ClientRecord>(client));
  if (auto refused = body.refusal()) return std::move(*refused);
  OrReply<std::vector<ClientRecord>> clients = own_clients(parts, user);
  if (auto* refused = std::get_if<HttpResponse>(&clients)) return std::move(*refused);
  std::size_t count = 0;
  for (const ClientRecord& each : std::get<std::vector<ClientRecord>>(clients)) {
    const auto keys = parts.store().list_keys(each.id);
    if (!keys) return store_refused(parts.admin, keys.error());
    count += keys->size();
  }
  if (count >= kMostKeys) {
    return api_error(409, "FAILED_PRECONDITION", "You have " + std::to_string(count) + " keys; delete one first.");
  }
  return at_own_address(keep_new_key(parts.admin, call.admin(), std::move(key), std::get<ClientRecord>(client)));
}

HttpResponse show_own_key(PeopleParts& parts, const PeopleCall& call) {
  OrReply<OwnKey> own = find_own_key(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&own)) return std::move(*refused);
  return json_reply(200, key_view(std::get<OwnKey>(own).key, std::get<OwnKey>(own).client.name));
}

HttpResponse change_own_key(PeopleParts& parts, const PeopleCall& call) {
  const std::lock_guard alone(parts.changing);
  OrReply<OwnKey> own = find_own_key(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&own)) return std::move(*refused);
  AdminBody body(call.request, {"name", "terms", "expires", "enabled"});
  check_terms(body, std::get<OwnKey>(own).user, std::get<OwnKey>(own).client);
  const Result<Terms> before = parse_terms(std::get<OwnKey>(own).key.terms);
  if (body.has("terms") && (!before || before->markup_ppm >= 0 || before->shadow || before->trace)) {
    return api_error(403, "PERMISSION_DENIED", "An operator has set this key's terms; ask them to change them.");
  }
  if (auto refused = body.refusal()) return std::move(*refused);
  return change_key(parts.admin, call.admin());
}

HttpResponse erase_own_key(PeopleParts& parts, const PeopleCall& call) {
  const std::lock_guard alone(parts.changing);
  OrReply<OwnKey> own = find_own_key(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&own)) return std::move(*refused);
  return erase_key(parts.admin, call.admin());
}

HttpResponse regenerate_own_key(PeopleParts& parts, const PeopleCall& call) {
  const std::lock_guard alone(parts.changing);
  OrReply<OwnKey> own = find_own_key(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&own)) return std::move(*refused);
  return regenerate_key(parts.admin, call.admin());
}

// Sums are kept by client; those of one key are told from its newest requests.
HttpResponse own_key_usage(PeopleParts& parts, const PeopleCall& call) {
  OrReply<OwnKey> own = find_own_key(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&own)) return std::move(*refused);
  AdminQuery query(call.request, {"from", "to", "limit"});
  LedgerStore::LedgerQuery asked;
  asked.key_id = std::get<OwnKey>(own).key.id;
  asked.from_ms = query.time("from").value_or(0) * 1000;
  asked.to_ms = query.time("to").value_or(0) * 1000;
  asked.limit = kMostUsageRows;
  const std::int64_t limit = query.integer("limit", 100, 0, kMostUsageRows);
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto rows = parts.store().list_ledger(asked);
  if (!rows) return store_refused(parts.admin, rows.error());
  std::int64_t input = 0, output = 0, billed = 0, failures = 0;
  boost::json::array list;
  for (const LedgerRecord& row : *rows) {
    input += row.input_tokens + row.cache_write_5m_tokens + row.cache_write_1h_tokens + row.cache_read_tokens;
    output += row.output_tokens;
    billed += row.billed_nano;
    failures += row.status >= 400 ? 1 : 0;
    if (static_cast<std::int64_t>(list.size()) >= limit) continue;
    list.push_back({{"request_id", row.request_id},
                    {"ended_at", rfc3339(row.ended_at_ms / 1000)},
                    {"model", row.model},
                    {"status", row.status},
                    {"outcome", row.outcome},
                    {"input_tokens", row.input_tokens},
                    {"output_tokens", row.output_tokens},
                    {"billed", row.priced ? boost::json::value(format_dollars(row.billed_nano)) : boost::json::value()}});
  }
  return json_reply(200, {{"key", key_view(std::get<OwnKey>(own).key, std::get<OwnKey>(own).client.name)},
                          {"total",
                           {{"requests", rows->size()},
                            {"failures", failures},
                            {"input_tokens", input},
                            {"output_tokens", output},
                            {"billed", format_dollars(billed)}}},
                          {"complete", rows->size() < kMostUsageRows},
                          {"requests", std::move(list)}});
}

}  // namespace moongate
