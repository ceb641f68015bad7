#include "control/admin_users.h"

#include <algorithm>

#include "base/money.h"
#include "control/admin_input.h"
#include "control/admin_keys.h"
#include "control/admin_money.h"
#include "control/admin_views.h"
#include "control/list_page.h"
#include "crypto/password.h"
#include "identity/caller.h"

namespace moongate {
namespace {

constexpr std::size_t kShortestPassword = 8;

boost::json::object user_with_balance(const AdminParts& parts, const UserRecord& user) {
  boost::json::object view = user_view(user);
  const Result<std::int64_t> balance = parts.store.balance(user.id);
  view["balance"] = balance ? boost::json::value(format_dollars(*balance)) : boost::json::value();
  return view;
}

// What POST and PATCH have in common; members that are absent leave the record as it is.
void read_user(AdminBody& body, UserRecord& user) {
  if (const auto email = body.text("email", 0, 254)) {
    user.email = *email;
    // As people who sign up have theirs: one address is one person's, however it is spelt.
    std::transform(user.email.begin(), user.email.end(), user.email.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    if (const std::string fault = email_fault(*email); !email->empty() && !fault.empty()) body.refuse(fault);
  }
  if (const auto role = body.text("role", 1, 16)) {
    user.role = *role;
    if (!role_of(*role)) body.refuse("\"role\" must be \"user\", \"viewer\", \"operator\" or \"admin\".");
  }
  if (const auto terms = body.terms("terms")) user.terms = *terms;
  if (const auto enabled = body.flag("enabled")) user.enabled = *enabled;
}

// The password, hashed when all else is in order; null takes it away.
void read_password(const AdminParts& parts, AdminBody& body, UserRecord& user) {
  if (!body.has("password")) return;
  if (body.is_null("password")) {
    user.password_hash.clear();
    return;
  }
  const Secret password(body.text("password", kShortestPassword, kLongestPassword).value_or(""));
  if (body.refusal()) return;
  Result<std::string> hash = hash_password(password.reveal(), parts.random);
  if (!hash) return body.refuse("\"password\": " + hash.error().message + ".");
  user.password_hash = std::move(*hash);
}

// A name must not be somebody's, an address neither; the store says only that one of them is.
HttpResponse taken(const UserRecord& user) {
  return already_there("There is a user " + user.name + (user.email.empty() ? "" : " or one with the address " + user.email) +
                       " already; choose another name, or change that one.");
}

// Nobody takes away their own role by a slip; whoever shows the admin token, or another admin, can.
std::optional<HttpResponse> refuse_own(const AdminCall& call, const UserRecord& user) {
  if (call.actor_id.empty() || call.actor_id != user.id) return std::nullopt;
  return api_error(409, "FAILED_PRECONDITION",
                   "You cannot change your own role, nor disable yourself; another admin can, or the admin token.");
}

HttpResponse save(AdminParts& parts, const AdminCall& call, const UserRecord& user, std::string_view action,
                  boost::json::object detail) {
  const Result<bool> done = parts.store.update_user(user);
  if (!done && done.error().kind == ErrorKind::kInvalid) return taken(user);
  if (!done) return store_refused(parts, done.error());
  if (!*done) return not_found("user");
  note_directory_change(parts, call, action, user.id, std::move(detail));
  return json_reply(200, user_with_balance(parts, user));
}

}  // namespace

HttpResponse list_users(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {"search", "limit", "offset"});
  ListPage page(query);
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto users = parts.store.list_users();
  if (!users) return store_refused(parts, users.error());
  const auto balances = parts.store.list_balances();
  if (!balances) return store_refused(parts, balances.error());
  std::map<std::string_view, std::int64_t> by_user;
  for (const auto& balance : *balances) by_user[balance.user_id] = balance.balance_nano;
  boost::json::array list;
  for (const UserRecord& user : *users) {
    if (!page.finds({user.name, user.email, user.id, user.role}) || !page.take()) continue;
    boost::json::object view = user_view(user);
    view["balance"] = format_dollars(by_user[user.id]);
    list.push_back(std::move(view));
  }
  return json_reply(200, page.told("users", std::move(list)));
}

HttpResponse create_user(AdminParts& parts, const AdminCall& call) {
  AdminBody body(call.request, {"name", "email", "password", "role", "terms", "enabled", "opening"});
  UserRecord user;
  user.name = body.required_text("name", 64, "name the user");
  if (const std::string fault = user_name_fault(user.name); !fault.empty()) body.refuse(fault);
  read_user(body, user);
  const std::optional<NanoDollars> opening = body.amount("opening");
  if (opening) {
    if (const std::string fault = top_up_fault(parts, "opening", *opening); !fault.empty()) body.refuse(fault);
    if (const std::string fault = opening_fault(parts, *opening); !fault.empty()) body.refuse(fault);
  }
  read_password(parts, body, user);
  if (auto refused = body.refusal()) return std::move(*refused);

  user.id = new_id(parts.random, 'u');
  user.created_at_s = parts.now_s();
  const Result<bool> kept = parts.store.insert_user(user);
  if (!kept) return store_refused(parts, kept.error());
  if (!*kept) return taken(user);
  note_directory_change(parts, call, "user.create", user.id, {{"name", user.name}, {"role", user.role}});
  if (opening) {
    MovementRecord movement;
    movement.id = "opening-" + user.id;
    movement.user_id = user.id;
    movement.kind = "top-up";
    movement.amount_nano = *opening;
    movement.note = "opening balance";
    const Result<bool> moved = move_money(parts, call, movement);
    if (!moved) {
      (void)store_refused(parts, moved.error());
      return api_error(503, "UNAVAILABLE",
                       "The user was made, but the opening balance was not booked; top it up by POST " +
                           std::string("/api/admin/users/") + user.name + "/movements.");
    }
  }
  HttpResponse answer = json_reply(201, user_with_balance(parts, user));
  set_header(answer, "Location", "/api/admin/users/" + user.id);
  return answer;
}

HttpResponse show_user(AdminParts& parts, const AdminCall& call) {
  const OrReply<UserRecord> found = find_user(parts, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  return json_reply(200, user_with_balance(parts, std::get<UserRecord>(found)));
}

HttpResponse change_user(AdminParts& parts, const AdminCall& call) {
  OrReply<UserRecord> found = find_user(parts, call.name);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  auto& user = std::get<UserRecord>(found);
  AdminBody body(call.request, {"name", "email", "password", "role", "terms", "enabled"});
  if (body.empty()) body.refuse("The body changes nothing; it may hold name, email, password, role, terms and enabled.");
  if (const auto name = body.text("name", 1, 64)) {
    if (const std::string fault = user_name_fault(*name); !fault.empty()) body.refuse(fault);
    user.name = *name;
  }
  const UserRecord before = user;
  read_user(body, user);
  read_password(parts, body, user);
  if (auto refused = body.refusal()) return std::move(*refused);
  if (user.role != before.role || user.enabled != before.enabled) {
    if (auto refused = refuse_own(call, user)) return std::move(*refused);
  }
  boost::json::object detail{{"name", user.name}, {"enabled", user.enabled}, {"role", user.role}};
  if (body.has("terms")) detail["terms"] = terms_view(user.terms);
  if (body.has("password")) detail["password"] = user.password_hash.empty() ? "removed" : "changed";
  return save(parts, call, user, "user.change", std::move(detail));
}

HttpResponse disable_user(AdminParts& parts, const AdminCall& call) {
  OrReply<UserRecord> found = find_user(parts, call.name);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  auto& user = std::get<UserRecord>(found);
  if (auto refused = refuse_own(call, user)) return std::move(*refused);
  user.enabled = false;
  return save(parts, call, user, "user.disable", {{"name", user.name}});
}

HttpResponse create_user_token(AdminParts& parts, const AdminCall& call) {
  const OrReply<UserRecord> found = find_user(parts, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& user = std::get<UserRecord>(found);
  AdminBody body(call.request, {"name", "terms", "expires", "enabled"});
  ApiKeyRecord key = read_new_key(parts, body);
  if (auto refused = body.refusal()) return std::move(*refused);
  if (!user.enabled) {
    return api_error(409, "FAILED_PRECONDITION", "The user " + user.name + " is disabled; enable them first.");
  }
  const auto known = parts.store.find_client_by_name(user.name);
  if (!known) return store_refused(parts, known.error());
  ClientRecord client;
  if (*known) {
    client = **known;
    if (client.user_id != user.id) {
      return already_there("The client " + user.name +
                           " belongs to somebody else; make a client for this user, and a key for that client.");
    }
  } else {
    client.id = new_id(parts.random, 'c');
    client.name = user.name;
    client.user_id = user.id;
    client.created_at_s = parts.now_s();
    const Result<bool> kept = parts.store.insert_client(client);
    if (!kept) return store_refused(parts, kept.error());
    if (!*kept) return already_there("The client " + user.name + " was made just now; try again.");
    note_directory_change(parts, call, "client.create", client.id, {{"name", client.name}, {"user", user.name}});
  }
  return keep_new_key(parts, call, std::move(key), client);
}

}  // namespace moongate
