#include "people/auth_profile.h"

#include <boost/json/array.hpp>

#include "control/admin_input.h"
#include "control/admin_views.h"
#include "people/auth_login.h"
#include "people/auth_register.h"
#include "people/presented_password.h"
#include "people/session_cookies.h"

namespace moongate {
namespace {

constexpr std::size_t kShortestPassword = 8;

HttpResponse profile(PeopleParts& parts, const Caller& caller) {
  boost::json::object body{{"user", caller_view(caller)}};
  if (!caller.session_id.empty()) {
    body["session_id"] = caller.session_id;
    body["csrf_token"] = parts.sessions.keys().csrf_token(caller.session_id);
  }
  return json_reply(200, body);
}

// Wrong guesses count as wrong logins do: who has a session must not find out the password at leisure.
std::optional<HttpResponse> refuse_wrong_password(PeopleParts& parts, const PeopleCall& call, const UserRecord& user,
                                                  const Secret& password) {
  if (user.password_hash.empty()) return std::nullopt;  // there is none to be told
  if (auto refused = parts.throttle.begin("login", user.name, call.request)) return refused;
  const Result<bool> right = parts.passwords.verify(password, user.password_hash);
  if (!right) return busy();
  if (!*right) return api_error(403, "PERMISSION_DENIED", "\"current_password\" is wrong.");
  parts.throttle.succeeded("login", user.name, call.request);
  return std::nullopt;
}

std::optional<HttpResponse> replace_password(PeopleParts& parts, const PeopleCall& call, UserRecord& user, const Secret& fresh) {
  Result<std::string> hash = parts.passwords.hash(fresh);
  if (!hash && hash.error().kind == ErrorKind::kUnavailable) return busy();
  if (!hash) return bad_argument("\"password\": " + hash.error().message + ".");
  user.password_hash = std::move(*hash);
  const Result<bool> done = parts.store().update_user(user);
  if (!done) return store_refused(parts.admin, done.error());
  if (!*done) return not_found("user");
  // The others were opened with the old password, and are over; this one goes on.
  const auto kept = parts.store().set_session_credential(call.caller.session_id, Sessions::credential_of(user));
  if (!kept) return store_refused(parts.admin, kept.error());
  const auto others = parts.store().erase_other_sessions(user.id, call.caller.session_id);
  if (!others) return store_refused(parts.admin, others.error());
  note_directory_change(parts.admin, call.admin(), "user.password", user.id, {{"sessions_ended", *others}});
  return std::nullopt;
}

}  // namespace

HttpResponse show_profile(PeopleParts& parts, const PeopleCall& call) { return profile(parts, call.caller); }

HttpResponse change_profile(PeopleParts& parts, const PeopleCall& call) {
  OrReply<UserRecord> found = account_of(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  auto& user = std::get<UserRecord>(found);
  AdminBody body(call.request,
                 {"email", "password", "encrypted_password", "current_password", "encrypted_current_password", "nonce"});
  PresentedPassword presented(parts, call.request, body);
  if (!presented.has("password") && !body.has("email")) {
    body.refuse("The body changes nothing; it may hold email and password, with current_password.");
  }
  const std::string email = lowered_address(body.text_or_empty("email", 254));
  if (body.has("email")) {
    if (std::string fault = mail_address_fault(email); !fault.empty()) body.refuse(std::move(fault));
  }
  const Secret current =
      presented.has("current_password") || !user.password_hash.empty() ? presented.take("current_password", 1) : Secret();
  const Secret fresh = presented.has("password") ? presented.take("password", kShortestPassword) : Secret();
  if (auto refused = presented.refusal()) return std::move(*refused);
  if (auto refused = refuse_wrong_password(parts, call, user, current)) return std::move(*refused);
  if (presented.has("password")) {
    if (auto refused = replace_password(parts, call, user, fresh)) return std::move(*refused);
  }
  if (email.empty() || email == user.email) return profile(parts, call.caller);
  if (auto refused = change_address(parts, call, user, email)) return std::move(*refused);
  Caller caller = call.caller;
  if (!parts.settings.users.verify_email) caller.email = email;
  HttpResponse answer = profile(parts, caller);
  if (parts.settings.users.verify_email) answer.status = 202;  // once the address is proven
  return answer;
}
HttpResponse list_own_sessions(PeopleParts& parts, const PeopleCall& call) {
  if (call.caller.session_id.empty()) return json_reply(200, {{"sessions", boost::json::array()}});
  const auto sessions = parts.store().list_sessions(call.caller.user_id, parts.admin.now_s());
  if (!sessions) return store_refused(parts.admin, sessions.error());
  boost::json::array list;
  for (const SessionRecord& each : *sessions) {
    list.push_back({{"id", each.id},
                    {"address", each.address},
                    {"agent", each.agent},
                    {"created_at", time_view(each.created_at_s)},
                    {"last_seen_at", time_view(each.last_seen_at_s)},
                    {"expires_at", time_view(each.expires_at_s)},
                    {"current", each.id == call.caller.session_id}});
  }
  return json_reply(200, {{"sessions", std::move(list)}, {"total", sessions->size()}});
}

HttpResponse end_other_sessions(PeopleParts& parts, const PeopleCall& call) {
  if (call.caller.session_id.empty()) return bad_argument("This is for sessions; sign in by POST /api/auth/login.");
  const auto ended = parts.store().erase_other_sessions(call.caller.user_id, call.caller.session_id);
  if (!ended) return store_refused(parts.admin, ended.error());
  return json_reply(200, {{"ended", *ended}});
}

HttpResponse end_session(PeopleParts& parts, const PeopleCall& call) {
  const auto session = parts.store().find_session(call.name);
  if (!session) return store_refused(parts.admin, session.error());
  const bool own = *session && !call.caller.session_id.empty() && (*session)->user_id == call.caller.user_id;
  if (!own) return not_found("session");
  const auto ended = parts.sessions.end(call.name);
  if (!ended) return store_refused(parts.admin, ended.error());
  HttpResponse answer = no_content();
  if (call.caller.by_cookie && call.name == call.caller.session_id) clear_session_cookies(answer, call.request);
  return answer;
}

}  // namespace moongate
