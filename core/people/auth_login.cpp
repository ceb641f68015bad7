#include "people/auth_login.h"

#include "control/admin_input.h"
#include "control/admin_views.h"
#include "crypto/password.h"
#include "identity/admin_token.h"
#include "people/presented_password.h"
#include "people/session_cookies.h"

namespace moongate {
namespace {

constexpr std::string_view kNoLogin =
    "Nobody can be signed in with these; if the password is forgotten, POST /api/auth/forgot-password, or ask an admin.";

HttpResponse wrong_login() { return api_error(401, "UNAUTHENTICATED", kNoLogin); }

HttpResponse foreign_page() {
  return api_error(403, "PERMISSION_DENIED",
                   "A page of another site sent this; console.cors_origins names the sites that may.");
}

// By name or e-mail address. Nothing: nobody.
Result<std::optional<UserRecord>> find_login(Store& store, const std::string& name) {
  auto user = store.find_user_by_name(name);
  if (!user || *user || name.find('@') == std::string::npos) return user;
  return find_user_by_address(store, name);
}

HttpResponse log_in_by_token(PeopleParts& parts, const PeopleCall& call, const std::string& token, bool by_cookie) {
  if (auto refused = parts.throttle.begin("login", "", call.request)) return std::move(*refused);
  const Result<bool> admin = is_admin_token(parts.store(), token);
  if (!admin) return store_refused(parts.admin, admin.error());
  if (!*admin) {
    return api_error(401, "UNAUTHENTICATED", "The admin token is wrong; `moongate admin-token` makes a new one.");
  }
  parts.throttle.succeeded("login", "", call.request);
  const Result<IssuedSession> session = parts.sessions.open(std::nullopt, call.request);
  if (!session) return store_refused(parts.admin, session.error());
  note(parts.admin, {call.request, "", "admin"}, "session.open", session->session_id);
  return issued_reply(200, call, *session, by_cookie);
}

}  // namespace

boost::json::object caller_view(const Caller& caller) {
  boost::json::object view{{"id", caller.user_id.empty() ? caller.name : caller.user_id}, {"name", caller.name}};
  view["email"] = caller.email.empty() ? boost::json::value() : boost::json::value(caller.email);
  view["role"] = to_string(caller.role);
  return view;
}

HttpResponse issued_reply(int status, const PeopleCall& call, const IssuedSession& session, bool by_cookie) {
  boost::json::object body{{"user", caller_view(session.caller)},
                           {"session_id", session.session_id},
                           {"csrf_token", session.csrf_token},
                           {"expires_in", session.expires_in_s}};
  if (!by_cookie) {
    body["token_type"] = "Bearer";
    body["access_token"] = session.access_token.reveal();
    body["refresh_token"] = session.refresh_token.reveal();
    body["refresh_expires_in"] = session.refresh_expires_in_s;
  }
  HttpResponse answer = json_reply(status, body);
  if (by_cookie) set_session_cookies(answer, call.request, session);
  return answer;
}

HttpResponse log_in(PeopleParts& parts, const PeopleCall& call) {
  AdminBody body(call.request,
                 {"admin_token", "name", "email", "username", "password", "encrypted_password", "nonce", "cookie"});
  const bool by_cookie = body.flag("cookie").value_or(false);
  if (body.has("admin_token")) {
    const Secret token(body.text_or_empty("admin_token", 256));
    if (body.has("password") || body.has("encrypted_password")) body.refuse("Send an \"admin_token\" or a password, not both.");
    if (auto refused = body.refusal()) return std::move(*refused);
    // A foreign page must not sign a browser in as somebody of its choice.
    if (by_cookie && parts.origins.is_foreign(call.request)) return foreign_page();
    return log_in_by_token(parts, call, token.reveal(), by_cookie);
  }
  std::string name;
  int names = 0;
  for (const std::string_view member : {"name", "email", "username"}) {
    if (const auto text = body.text(member, 1, 254)) {
      name = *text;
      ++names;
    }
  }
  if (names != 1) body.refuse("Send one of \"name\", \"username\" and \"email\" with a password, or an \"admin_token\".");
  PresentedPassword presented(parts, call.request, body);
  const Secret password = presented.take("password", 1);
  if (auto refused = presented.refusal()) return std::move(*refused);
  if (by_cookie && parts.origins.is_foreign(call.request)) return foreign_page();

  if (auto refused = parts.throttle.begin("login", name, call.request)) return std::move(*refused);
  const auto user = find_login(parts.store(), name);
  if (!user) return store_refused(parts.admin, user.error());
  const Result<bool> right = parts.passwords.verify(password, *user ? (*user)->password_hash : std::string());
  if (!right) return busy();
  if (!*right || !(*user)->enabled) {
    parts.admin.log.info("a login was refused", {{"address", call.request.remote_address}});
    return wrong_login();
  }
  parts.throttle.succeeded("login", name, call.request);
  const Result<IssuedSession> session = parts.sessions.open(**user, call.request);
  if (!session) return store_refused(parts.admin, session.error());
  if ((*user)->role != "user") {
    note(parts.admin, {call.request, "", (*user)->name}, "session.open", session->session_id);
  }
  return issued_reply(200, call, *session, by_cookie);
}

HttpResponse refresh_session(PeopleParts& parts, const PeopleCall& call) {
  AdminBody body(call.request, {"refresh_token", "cookie"});
  const auto sent = body.text("refresh_token", 1, 256);
  body.flag("cookie");
  if (auto refused = body.refusal()) return std::move(*refused);
  const bool by_cookie = !sent;
  const Secret token(sent ? *sent : std::string(refresh_cookie(call.request)));
  if (by_cookie && !token.empty() && parts.origins.is_foreign(call.request)) return foreign_page();
  if (token.empty()) return api_error(401, "UNAUTHENTICATED", "Send a \"refresh_token\", or sign in.");
  const Result<Sessions::Refreshed> refreshed = parts.sessions.refresh(token.reveal(), by_cookie);
  if (!refreshed) return store_refused(parts.admin, refreshed.error());
  if (refreshed->session) return issued_reply(200, call, *refreshed->session, by_cookie);
  if (refreshed->refusal == Sessions::Refusal::kJustUsed) {
    return api_error(409, "ABORTED", "Another page of this browser has just refreshed the session; go on with its cookies.");
  }
  HttpResponse refused = api_error(401, "UNAUTHENTICATED",
                                   refreshed->refusal == Sessions::Refusal::kReused
                                       ? "This refresh token was used before: whoever has a copy may be a thief, so the "
                                         "session has been ended. Sign in again."
                                       : "The session is over; sign in again.");
  if (by_cookie) clear_session_cookies(refused, call.request);
  return refused;
}

// By a session's Bearer or cookie, or by a refresh token alone, whose session is over then, too.
HttpResponse log_out(PeopleParts& parts, const PeopleCall& call) {
  AdminBody body(call.request, {"refresh_token"});
  const auto sent = body.text("refresh_token", 1, 256);
  if (auto refused = body.refusal()) return std::move(*refused);
  std::string session_id;
  OrReply<Caller> caller = parts.gate.admit(call.request);
  if (auto* refused = std::get_if<HttpResponse>(&caller)) {
    // The access token may be over already; what is left is the refresh token.
    if (refused->status != 401) return std::move(*refused);
    if (parts.origins.is_foreign(call.request)) return foreign_page();
  } else {
    session_id = std::get<Caller>(caller).session_id;
  }
  for (const std::string& token : {sent.value_or(""), std::string(refresh_cookie(call.request))}) {
    if (!session_id.empty() || token.empty()) continue;
    const Result<std::string> found = parts.sessions.session_of(token);
    if (!found) return store_refused(parts.admin, found.error());
    session_id = *found;
  }
  if (!session_id.empty()) {
    if (const auto ended = parts.sessions.end(session_id); !ended) return store_refused(parts.admin, ended.error());
  }
  HttpResponse answer = no_content();
  if (!session_cookie(call.request).empty() || !refresh_cookie(call.request).empty()) {
    clear_session_cookies(answer, call.request);
  }
  return answer;
}

}  // namespace moongate
