#include "control/admin_clients.h"

#include "control/admin_input.h"
#include "control/admin_views.h"
#include "control/list_page.h"

namespace moongate {
namespace {

HttpResponse taken(const ClientRecord& client) {
  return already_there("There is a client " + client.name + " already; choose another name, or change that one.");
}

// Nothing for nobody.
OrReply<UserRecord> owner(const AdminParts& parts, const ClientRecord& client) {
  if (client.user_id.empty()) return UserRecord();
  const auto found = parts.store.find_user(client.user_id);
  if (!found) return store_refused(parts, found.error());
  return *found ? **found : UserRecord();
}

HttpResponse shown(const AdminParts& parts, int status, const ClientRecord& client) {
  const OrReply<UserRecord> user = owner(parts, client);
  if (const auto* refused = std::get_if<HttpResponse>(&user)) return *refused;
  return json_reply(status, client_view(client, std::get<UserRecord>(user).name));
}

// The members that POST and PATCH share. The answer: the named user does not exist, or could not be looked for.
std::optional<HttpResponse> read_client(const AdminParts& parts, AdminBody& body, ClientRecord& client) {
  if (const auto terms = body.terms("terms")) client.terms = *terms;
  if (const auto enabled = body.flag("enabled")) client.enabled = *enabled;
  if (!body.has("user")) return body.refusal();
  if (body.is_null("user")) {
    client.user_id.clear();
    return body.refusal();
  }
  const std::string name = body.text("user", 1, 64).value_or("");
  if (auto refused = body.refusal()) return refused;
  OrReply<UserRecord> user = find_user(parts, name);
  if (auto* refused = std::get_if<HttpResponse>(&user)) {
    if (refused->status == 404) return bad_argument("\"user\": there is no user of that name or id.");
    return std::move(*refused);
  }
  client.user_id = std::get<UserRecord>(user).id;
  return std::nullopt;
}

}  // namespace

HttpResponse list_clients(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {"user", "search", "limit", "offset"});
  ListPage page(query);
  if (auto refused = query.refusal()) return std::move(*refused);
  std::string only;
  if (const std::string user = query.text("user"); !user.empty()) {
    const OrReply<UserRecord> found = find_user(parts, user);
    if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
    only = std::get<UserRecord>(found).id;
  }
  const auto clients = parts.store.list_clients();
  if (!clients) return store_refused(parts, clients.error());
  const auto users = parts.store.list_users();
  if (!users) return store_refused(parts, users.error());
  std::map<std::string_view, std::string> names;
  for (const UserRecord& user : *users) names[user.id] = user.name;
  boost::json::array list;
  for (const ClientRecord& client : *clients) {
    if (!only.empty() && client.user_id != only) continue;
    const std::string& user = names[client.user_id];
    if (page.finds({client.name, client.id, user}) && page.take()) list.push_back(client_view(client, user));
  }
  return json_reply(200, page.told("clients", std::move(list)));
}

HttpResponse create_client_record(AdminParts& parts, const AdminCall& call) {
  AdminBody body(call.request, {"name", "user", "enabled", "terms"});
  ClientRecord client;
  client.name = body.required_text("name", 128, "name the client");
  if (const std::string fault = client_name_fault(client.name); !fault.empty()) body.refuse(fault);
  if (auto refused = read_client(parts, body, client)) return std::move(*refused);
  client.id = new_id(parts.random, 'c');
  client.created_at_s = parts.now_s();
  const Result<bool> kept = parts.store.insert_client(client);
  if (!kept) return store_refused(parts, kept.error());
  if (!*kept) return taken(client);
  note_directory_change(parts, call, "client.create", client.id, {{"name", client.name}, {"user_id", client.user_id}});
  HttpResponse answer = shown(parts, 201, client);
  set_header(answer, "Location", "/api/admin/clients/" + client.id);
  return answer;
}

HttpResponse show_client(AdminParts& parts, const AdminCall& call) {
  const OrReply<ClientRecord> found = find_client(parts, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  return shown(parts, 200, std::get<ClientRecord>(found));
}

HttpResponse change_client_record(AdminParts& parts, const AdminCall& call) {
  OrReply<ClientRecord> found = find_client(parts, call.name);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  auto& client = std::get<ClientRecord>(found);
  AdminBody body(call.request, {"name", "user", "enabled", "terms"});
  if (body.empty()) body.refuse("The body changes nothing; it may hold name, user, enabled and terms.");
  if (const auto name = body.text("name", 1, 128)) {
    if (const std::string fault = client_name_fault(*name); !fault.empty()) body.refuse(fault);
    client.name = *name;
  }
  if (auto refused = read_client(parts, body, client)) return std::move(*refused);
  const Result<bool> done = parts.store.update_client(client);
  if (!done && done.error().kind == ErrorKind::kInvalid) return taken(client);
  if (!done) return store_refused(parts, done.error());
  if (!*done) return not_found("client");
  boost::json::object detail{{"name", client.name}, {"user_id", client.user_id}, {"enabled", client.enabled}};
  if (body.has("terms")) detail["terms"] = terms_view(client.terms);
  note_directory_change(parts, call, "client.change", client.id, std::move(detail));
  return shown(parts, 200, client);
}

HttpResponse erase_client_record(AdminParts& parts, const AdminCall& call) {
  const OrReply<ClientRecord> found = find_client(parts, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& client = std::get<ClientRecord>(found);
  const Result<bool> gone = parts.store.erase_client(client.id);
  if (!gone) return store_refused(parts, gone.error());
  if (!*gone) return not_found("client");
  note_directory_change(parts, call, "client.delete", client.id, {{"name", client.name}});
  return no_content();
}

}  // namespace moongate
