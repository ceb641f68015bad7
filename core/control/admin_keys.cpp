#include "control/admin_keys.h"

#include "control/admin_views.h"
#include "control/list_page.h"
#include "identity/api_key.h"

namespace moongate {
namespace {

OrReply<ApiKeyRecord> find_key(const AdminParts& parts, std::string_view id) {
  const auto found = parts.store.find_key(id);
  if (!found) return store_refused(parts, found.error());
  if (!*found) return not_found("key");
  return **found;
}

HttpResponse shown(const AdminParts& parts, const ApiKeyRecord& key) {
  const auto client = parts.store.find_client(key.client_id);
  if (!client) return store_refused(parts, client.error());
  return json_reply(200, key_view(key, *client ? (*client)->name : ""));
}

// The one answer that holds a key.
HttpResponse revealed(int status, const ApiKeyRecord& key, const std::string& client_name, const Secret& secret) {
  boost::json::object view = key_view(key, client_name);
  view["key"] = secret.reveal();
  return json_reply(status, view);
}

void read_key(const AdminParts& parts, AdminBody& body, ApiKeyRecord& key) {
  if (const auto name = body.text("name", 0, 128)) key.name = *name;
  if (const auto terms = body.terms("terms")) key.terms = *terms;
  if (const auto enabled = body.flag("enabled")) key.enabled = *enabled;
  if (const auto expires = body.time("expires")) {
    key.expires_at_s = *expires;
    if (*expires != 0 && *expires <= parts.now_s()) {
      body.refuse("\"expires\" lies in the past; disable or delete the key instead.");
    }
  }
}

}  // namespace

ApiKeyRecord read_new_key(const AdminParts& parts, AdminBody& body) {
  ApiKeyRecord key;
  read_key(parts, body, key);
  return key;
}

HttpResponse keep_new_key(AdminParts& parts, const AdminCall& call, ApiKeyRecord key, const ClientRecord& client) {
  const Secret secret = make_api_key(parts.random);
  key.id = new_id(parts.random, 'k');
  key.sha256 = api_key_digest(secret.reveal());
  key.prefix = api_key_display(secret.reveal());
  key.client_id = client.id;
  key.created_at_s = parts.now_s();
  const Result<bool> kept = parts.store.insert_key(key);
  if (!kept) return store_refused(parts, kept.error());
  if (!*kept) return already_there("A key like that is there already; try again.");
  note_directory_change(parts, call, "key.create", key.id, {{"prefix", key.prefix}, {"name", key.name}, {"client", client.name}});
  HttpResponse answer = revealed(201, key, client.name, secret);
  set_header(answer, "Location", "/api/admin/keys/" + key.id);
  return answer;
}

HttpResponse list_keys(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {"client", "search", "limit", "offset"});
  ListPage page(query);
  if (auto refused = query.refusal()) return std::move(*refused);
  std::string only;
  if (const std::string client = query.text("client"); !client.empty()) {
    const OrReply<ClientRecord> found = find_client(parts, client);
    if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
    only = std::get<ClientRecord>(found).id;
  }
  const auto keys = parts.store.list_keys(only);
  if (!keys) return store_refused(parts, keys.error());
  const auto clients = parts.store.list_clients();
  if (!clients) return store_refused(parts, clients.error());
  std::map<std::string_view, std::string> names;
  for (const ClientRecord& client : *clients) names[client.id] = client.name;
  boost::json::array list;
  for (const ApiKeyRecord& key : *keys) {
    const std::string& client = names[key.client_id];
    if (page.finds({key.name, key.prefix, key.id, client}) && page.take()) list.push_back(key_view(key, client));
  }
  return json_reply(200, page.told("keys", std::move(list)));
}

HttpResponse create_key(AdminParts& parts, const AdminCall& call) {
  AdminBody body(call.request, {"client", "name", "terms", "expires", "enabled"});
  const std::string client = body.required_text("client", 128, "name the client that the key is for");
  ApiKeyRecord key = read_new_key(parts, body);
  if (auto refused = body.refusal()) return std::move(*refused);
  OrReply<ClientRecord> found = find_client(parts, client);
  if (auto* refused = std::get_if<HttpResponse>(&found)) {
    if (refused->status == 404) return bad_argument("\"client\": there is no client of that name or id; make it first.");
    return std::move(*refused);
  }
  return keep_new_key(parts, call, std::move(key), std::get<ClientRecord>(found));
}

HttpResponse show_key(AdminParts& parts, const AdminCall& call) {
  const OrReply<ApiKeyRecord> found = find_key(parts, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  return shown(parts, std::get<ApiKeyRecord>(found));
}

HttpResponse change_key(AdminParts& parts, const AdminCall& call) {
  OrReply<ApiKeyRecord> found = find_key(parts, call.name);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  auto& key = std::get<ApiKeyRecord>(found);
  AdminBody body(call.request, {"name", "terms", "expires", "enabled"});
  if (body.empty()) body.refuse("The body changes nothing; it may hold name, terms, expires and enabled.");
  read_key(parts, body, key);
  if (auto refused = body.refusal()) return std::move(*refused);
  const Result<bool> done = parts.store.update_key(key);
  if (!done) return store_refused(parts, done.error());
  if (!*done) return not_found("key");
  boost::json::object detail{{"prefix", key.prefix}, {"name", key.name}, {"enabled", key.enabled}};
  if (body.has("expires")) detail["expires"] = time_view(key.expires_at_s);
  if (body.has("terms")) detail["terms"] = terms_view(key.terms);
  note_directory_change(parts, call, "key.change", key.id, std::move(detail));
  return shown(parts, key);
}

HttpResponse erase_key(AdminParts& parts, const AdminCall& call) {
  const OrReply<ApiKeyRecord> found = find_key(parts, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& key = std::get<ApiKeyRecord>(found);
  const Result<bool> gone = parts.store.erase_key(key.id);
  if (!gone) return store_refused(parts, gone.error());
  if (!*gone) return not_found("key");
  note_directory_change(parts, call, "key.delete", key.id, {{"prefix", key.prefix}, {"name", key.name}});
  return no_content();
}

HttpResponse regenerate_key(AdminParts& parts, const AdminCall& call) {
  AdminBody body(call.request, {});
  if (auto refused = body.refusal()) return std::move(*refused);
  OrReply<ApiKeyRecord> found = find_key(parts, call.name);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  auto& key = std::get<ApiKeyRecord>(found);
  const auto client = parts.store.find_client(key.client_id);
  if (!client) return store_refused(parts, client.error());
  const Secret secret = make_api_key(parts.random);
  const std::string before = key.prefix;
  key.prefix = api_key_display(secret.reveal());
  const Result<bool> done = parts.store.replace_key_secret(key.id, api_key_digest(secret.reveal()), key.prefix);
  if (!done) return store_refused(parts, done.error());
  if (!*done) return not_found("key");
  note_directory_change(parts, call, "key.regenerate", key.id, {{"prefix", key.prefix}, {"before", before}});
  return revealed(200, key, *client ? (*client)->name : "", secret);
}

}  // namespace moongate
