#include "people/auth_register.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "control/admin_input.h"
#include "control/admin_views.h"
#include "control/list_page.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "people/auth_login.h"
#include "people/mail_texts.h"
#include "people/presented_password.h"

namespace moongate {
namespace {

constexpr std::size_t kShortestPassword = 8;
constexpr std::int64_t kDayS = 86'400, kHourS = 3600;
constexpr int kMailsPerAddress = 3;    // to one address within a quarter of an hour
constexpr int kAsksPerAddress = 30;    // from one network address
constexpr std::size_t kCodeChars = 43;

HttpResponse pending() {
  return json_reply(202, {{"status", "pending"}, {"message", "If this is possible, a message is on its way that says how to go on."}});
}

HttpResponse worn_code() {
  return bad_argument("The \"token\" was used before, is too old or was never given out; ask for a new message.");
}

// Names that would read as somebody else in the audit log.
bool is_reserved(std::string_view name) {
  constexpr std::array kReserved{"admin", "local", "gateway", "moongate", "root", "system", "api"};
  const std::string low = lowered_address(name);
  return std::find(kReserved.begin(), kReserved.end(), low) != kReserved.end();
}

std::string read_address(AdminBody& body) {
  const std::string email = lowered_address(body.required_text("email", 254, "an address that messages reach"));
  if (std::string fault = mail_address_fault(email); !email.empty() && !fault.empty()) body.refuse(std::move(fault));
  return email;
}

std::string text_of(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

boost::json::object content_of(const NonceRecord& nonce) {
  boost::json::error_code failed;
  boost::json::value value = boost::json::parse(nonce.content, failed);
  return failed || !value.is_object() ? boost::json::object() : std::move(value.get_object());
}

// A code that is worth `content` once, for so long. Nothing: the store is away, which has been logged.
std::optional<std::string> new_code(PeopleParts& parts, std::string_view purpose, const boost::json::object& content,
                                    std::int64_t lifetime_s) {
  const std::string code = random_token(parts.admin.random, kCodeChars);
  const std::int64_t now_s = parts.admin.now_s();
  const auto kept = parts.store().insert_nonce(
      {sha256_hex(code), std::string(purpose), boost::json::serialize(content), now_s, now_s + lifetime_s});
  if (!kept) static_cast<void>(store_refused(parts.admin, kept.error()));
  return kept && *kept ? std::optional(code) : std::nullopt;
}

bool may_be_mailed(PeopleParts& parts, const std::string& email) {
  return !parts.throttle.spend("mail", email, kMailsPerAddress);
}

Result<bool> keep_user(PeopleParts& parts, const PeopleCall& call, UserRecord& user) {
  if (user.id.empty()) user.id = new_id(parts.admin.random, 'u');
  user.terms = "{}";
  user.created_at_s = parts.admin.now_s();
  const Result<bool> kept = parts.store().insert_user(user);
  if (kept && *kept) {
    note_directory_change(parts.admin, {call.request, "", user.name}, "user.register", user.id,
                          {{"name", user.name}, {"role", user.role}});
  }
  return kept;
}

HttpResponse user_made(const UserRecord& user) {
  return json_reply(201, {{"user", {{"id", user.id}, {"name", user.name}, {"email", user.email}, {"role", user.role}}}});
}

HttpResponse taken() {
  return already_there("The name or the address is taken meanwhile; sign up again with another.");
}

// Behind the answer: who asked must not find out from it, nor from its time, whether the name or address has an account.
void send_verification(PeopleParts& parts, const UserRecord& user, const std::string& invitation) {
  parts.mail.post([&parts, user, invitation] {
    if (!may_be_mailed(parts, user.email)) return;
    const auto by_email = find_user_by_address(parts.store(), user.email);
    const auto by_name = parts.store().find_user_by_name(user.name);
    if (!by_email || !by_name) return static_cast<void>(store_refused(parts.admin, (!by_email ? by_email : by_name).error()));
    if (*by_email) return parts.mail.send(address_taken_mail(user.email, parts.settings.oauth.public_url));
    if (*by_name) return parts.mail.send(name_taken_mail(user.email, parts.settings.oauth.public_url, user.name));
    const auto code = new_code(parts, "register",
                               {{"name", user.name}, {"email", user.email}, {"hash", user.password_hash}, {"role", user.role},
                                {"invitation", invitation}},
                               kDayS);
    if (code) parts.mail.send(verify_mail(user.email, parts.settings.oauth.public_url, user.name, *code));
  });
}

}  // namespace

HttpResponse register_user(PeopleParts& parts, const PeopleCall& call) {
  const std::string& mode = parts.settings.users.registration;
  if (mode == "closed") return api_error(403, "PERMISSION_DENIED", "Nobody can sign up here; an admin makes accounts.");
  AdminBody body(call.request, {"name", "username", "email", "password", "encrypted_password", "nonce", "invitation"});
  UserRecord user;
  if (body.has("name") && body.has("username")) body.refuse("Send \"name\" or \"username\", not both.");
  user.name = body.has("username") ? body.text("username", 1, 64).value_or("") : body.required_text("name", 64, "choose one");
  if (std::string fault = user_name_fault(user.name); !user.name.empty() && !fault.empty()) body.refuse(std::move(fault));
  if (is_reserved(user.name)) body.refuse("\"name\" is reserved; choose another.");
  const std::string token = body.text_or_empty("invitation", 128);
  user.email = read_address(body);
  PresentedPassword presented(parts, call.request, body);
  const Secret password = presented.take("password", kShortestPassword);
  if (auto refused = presented.refusal()) return std::move(*refused);
  if (auto refused = parts.throttle.spend("register", throttled_address(call.request.remote_address), kAsksPerAddress)) {
    return std::move(*refused);
  }
  InvitationRecord invitation;
  if (!token.empty() || mode == "invite") {
    const auto found = parts.store().find_invitation(sha256_hex(token));
    if (!found) return store_refused(parts.admin, found.error());
    const bool good = *found && (*found)->user_id.empty() && (*found)->expires_at_s > parts.admin.now_s() &&
                      ((*found)->email.empty() || (*found)->email == user.email);
    if (!good) {
      return api_error(403, "PERMISSION_DENIED",
                       "Signing up takes an \"invitation\" that has not been used, with the address that it was sent to.");
    }
    invitation = **found;
    user.role = invitation.role;
  }
  Result<std::string> hash = parts.passwords.hash(password);
  if (!hash && hash.error().kind == ErrorKind::kUnavailable) return busy();
  if (!hash) return bad_argument("\"password\": " + hash.error().message + ".");
  user.password_hash = std::move(*hash);
  // Who brings an invitation that was sent to the address has proven it.
  if (parts.settings.users.verify_email && invitation.email.empty()) {
    send_verification(parts, user, invitation.id);
    return pending();
  }
  const std::lock_guard alone(parts.changing);
  const auto known = find_user_by_address(parts.store(), user.email);
  if (!known) return store_refused(parts.admin, known.error());
  if (*known) return taken();
  const Result<bool> kept = keep_user(parts, call, user);
  if (!kept) return store_refused(parts.admin, kept.error());
  if (!*kept) return taken();
  if (!invitation.id.empty()) {
    const auto used = parts.store().use_invitation(invitation.id, user.id, parts.admin.now_s());
    if (!used) return store_refused(parts.admin, used.error());
    if (!*used) {  // somebody else with the same invitation was quicker: this one is not let in
      user.enabled = false;
      static_cast<void>(parts.store().update_user(user));
      return worn_code();
    }
  }
  return user_made(user);
}

HttpResponse verify_email(PeopleParts& parts, const PeopleCall& call) {
  AdminBody body(call.request, {"token"});
  const std::string token = body.required_text("token", 128, "it is in the message");
  if (auto refused = body.refusal()) return std::move(*refused);
  if (auto refused = parts.throttle.spend("code", throttled_address(call.request.remote_address), kAsksPerAddress)) {
    return std::move(*refused);
  }
  const std::lock_guard alone(parts.changing);
  auto nonce = parts.store().take_nonce(sha256_hex(token), "register", parts.admin.now_s());
  if (!nonce) return store_refused(parts.admin, nonce.error());
  if (*nonce) {
    const boost::json::object content = content_of(**nonce);
    UserRecord user;
    user.name = text_of(content, "name");
    user.email = text_of(content, "email");
    user.password_hash = text_of(content, "hash");
    user.role = text_of(content, "role");
    const std::string invitation = text_of(content, "invitation");
    const auto known = find_user_by_address(parts.store(), user.email);
    if (!known) return store_refused(parts.admin, known.error());
    if (*known) return taken();
    if (!invitation.empty()) {
      user.id = new_id(parts.admin.random, 'u');
      const auto used = parts.store().use_invitation(invitation, user.id, parts.admin.now_s());
      if (!used) return store_refused(parts.admin, used.error());
      if (!*used) return worn_code();
    }
    const Result<bool> kept = keep_user(parts, call, user);
    if (!kept) return store_refused(parts.admin, kept.error());
    return *kept ? user_made(user) : taken();
  }
  nonce = parts.store().take_nonce(sha256_hex(token), "address", parts.admin.now_s());
  if (!nonce) return store_refused(parts.admin, nonce.error());
  if (!*nonce) return worn_code();
  const boost::json::object content = content_of(**nonce);
  const auto user = parts.store().find_user(text_of(content, "user"));
  if (!user) return store_refused(parts.admin, user.error());
  if (!*user || !(*user)->enabled || Sessions::credential_of(**user) != text_of(content, "credential")) return worn_code();
  UserRecord changed = **user;
  changed.email = text_of(content, "email");
  const auto done = parts.store().update_user(changed);
  if (!done && done.error().kind == ErrorKind::kInvalid) return taken();
  if (!done) return store_refused(parts.admin, done.error());
  note_directory_change(parts.admin, {call.request, "", changed.name}, "user.email", changed.id, {});
  return json_reply(200, {{"user", {{"id", changed.id}, {"name", changed.name}, {"email", changed.email}, {"role", changed.role}}}});
}

HttpResponse forgot_password(PeopleParts& parts, const PeopleCall& call) {
  AdminBody body(call.request, {"email"});
  const std::string email = read_address(body);
  if (auto refused = body.refusal()) return std::move(*refused);
  if (auto refused = parts.throttle.spend("forgot", throttled_address(call.request.remote_address), kAsksPerAddress)) {
    return std::move(*refused);
  }
  parts.mail.post([&parts, email] {
    const auto user = find_user_by_address(parts.store(), email);
    if (!user) return static_cast<void>(store_refused(parts.admin, user.error()));
    if (!*user || !(*user)->enabled || !may_be_mailed(parts, email)) return;
    const auto code = new_code(parts, "reset", {{"user", (*user)->id}, {"credential", Sessions::credential_of(**user)}}, kHourS);
    if (code) parts.mail.send(reset_mail(email, parts.settings.oauth.public_url, (*user)->name, *code));
  });
  return pending();
}

HttpResponse reset_password(PeopleParts& parts, const PeopleCall& call) {
  AdminBody body(call.request, {"token", "password", "encrypted_password", "nonce"});
  const std::string token = body.required_text("token", 128, "it is in the message");
  PresentedPassword presented(parts, call.request, body);
  const Secret password = presented.take("password", kShortestPassword);
  if (auto refused = presented.refusal()) return std::move(*refused);
  if (auto refused = parts.throttle.spend("code", throttled_address(call.request.remote_address), kAsksPerAddress)) {
    return std::move(*refused);
  }
  Result<std::string> hash = parts.passwords.hash(password);
  if (!hash && hash.error().kind == ErrorKind::kUnavailable) return busy();
  if (!hash) return bad_argument("\"password\": " + hash.error().message + ".");
  const std::lock_guard alone(parts.changing);
  const auto nonce = parts.store().take_nonce(sha256_hex(token), "reset", parts.admin.now_s());
  if (!nonce) return store_refused(parts.admin, nonce.error());
  if (!*nonce) return worn_code();
  const boost::json::object content = content_of(**nonce);
  const auto user = parts.store().find_user(text_of(content, "user"));
  if (!user) return store_refused(parts.admin, user.error());
  // Of several codes that were asked for, the first that is used ends the others.
  if (!*user || !(*user)->enabled || Sessions::credential_of(**user) != text_of(content, "credential")) return worn_code();
  UserRecord changed = **user;
  changed.password_hash = std::move(*hash);
  const auto done = parts.store().update_user(changed);
  if (!done) return store_refused(parts.admin, done.error());
  const auto ended = parts.store().erase_other_sessions(changed.id, "");
  if (!ended) return store_refused(parts.admin, ended.error());
  note_directory_change(parts.admin, {call.request, "", changed.name}, "user.password", changed.id, {{"by", "reset"}});
  return json_reply(200, {{"status", "ok"}, {"message", "Sign in with the new password."}});
}

std::optional<HttpResponse> change_address(PeopleParts& parts, const PeopleCall& call, const UserRecord& user,
                                           const std::string& email) {
  if (!parts.settings.users.verify_email) {
    UserRecord changed = user;
    changed.email = email;
    const auto done = parts.store().update_user(changed);
    if (!done && done.error().kind == ErrorKind::kInvalid) return already_there("The address belongs to another user.");
    if (!done) return store_refused(parts.admin, done.error());
    note_directory_change(parts.admin, call.admin(), "user.email", user.id, {});
    return std::nullopt;
  }
  parts.mail.post([&parts, user, email] {
    if (!may_be_mailed(parts, email)) return;
    const auto other = find_user_by_address(parts.store(), email);
    if (!other) return static_cast<void>(store_refused(parts.admin, other.error()));
    if (*other) return parts.mail.send(address_taken_mail(email, parts.settings.oauth.public_url));
    const auto code = new_code(parts, "address",
                               {{"user", user.id}, {"email", email}, {"credential", Sessions::credential_of(user)}}, kDayS);
    if (code) parts.mail.send(new_address_mail(email, parts.settings.oauth.public_url, user.name, *code));
  });
  return std::nullopt;
}

}  // namespace moongate
