#include "people/sessions.h"

#include "crypto/hash.h"

namespace moongate {
namespace {

constexpr std::string_view kRefreshPrefix = "mgr-";
constexpr std::size_t kRefreshRandom = 43;
constexpr std::size_t kLongestAgent = 250;
constexpr std::int64_t kLenientS = 10;
constexpr std::int64_t kDayS = 86'400;

// Cut between characters, so that the store's text stays UTF-8.
std::string cut(std::string_view text, std::size_t longest) {
  std::string kept;
  for (char c : text.substr(0, longest)) kept += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F ? '?' : c;
  return kept;
}

}  // namespace

std::string Sessions::credential_of(const UserRecord& user) { return sha256_hex("password:" + user.password_hash); }

SessionTokenRecord Sessions::new_token(const std::string& session_id, Secret& token) const {
  token = Secret(std::string(kRefreshPrefix) + random_token(random_, kRefreshRandom));
  const std::int64_t now_s = clock_.unix_seconds();
  return {sha256_hex(token.reveal()), session_id, 0, now_s, now_s + settings_.users.refresh_days * kDayS};
}

IssuedSession Sessions::issued(Caller caller, Secret refresh_token) const {
  IssuedSession session;
  session.session_id = caller.session_id;
  session.access_token =
      Secret(keys_.access_token({caller.session_id, caller.user_id}, clock_.unix_seconds(), settings_.users.session_s));
  session.refresh_token = std::move(refresh_token);
  session.csrf_token = keys_.csrf_token(caller.session_id);
  session.expires_in_s = settings_.users.session_s;
  session.refresh_expires_in_s = settings_.users.refresh_days * kDayS;
  session.caller = std::move(caller);
  return session;
}

Result<IssuedSession> Sessions::open(const std::optional<UserRecord>& user, const HttpRequest& request) {
  SessionRecord session;
  session.id = "s-" + random_token(random_, 22);
  if (user) {
    session.user_id = user->id;
    session.credential_sha256 = credential_of(*user);
  } else {
    const auto token = store_.admin_token_sha256();
    if (!token) return token.error();
    session.credential_sha256 = token->value_or("");
  }
  session.address = cut(request.remote_address, 64);
  session.agent = cut(find_header(request.headers, "User-Agent"), kLongestAgent);
  Secret refresh;
  const SessionTokenRecord first = new_token(session.id, refresh);
  session.created_at_s = session.last_seen_at_s = first.created_at_s;
  session.expires_at_s = first.expires_at_s;
  const Result<bool> kept = store_.insert_session(session, first);
  if (!kept) return kept.error();
  if (!*kept) return Error(ErrorKind::kInternal, "a new session has the id of another");
  const auto caller = caller_of_session(session);
  if (!caller) return caller.error();
  if (!*caller) return Error(ErrorKind::kUnavailable, "the user was changed while the session was opened");
  return issued(**caller, std::move(refresh));
}

Result<Sessions::Refreshed> Sessions::refresh(std::string_view token, bool lenient) {
  Refreshed answer;
  if (!token.starts_with(kRefreshPrefix) || token.size() > 128) return answer;
  const std::string digest = sha256_hex(token);
  const auto found = store_.find_session_token(digest);
  if (!found) return found.error();
  const std::int64_t now_s = clock_.unix_seconds();
  if (!*found || (*found)->expires_at_s <= now_s) return answer;
  const SessionTokenRecord& old = **found;
  const auto session = store_.find_session(old.session_id);
  if (!session) return session.error();
  if (!*session) return answer;
  const auto caller = caller_of_session(**session);
  if (!caller) return caller.error();
  if (!*caller) return answer;
  if (old.used_at_s == 0) {
    Secret fresh;
    const SessionTokenRecord next = new_token(old.session_id, fresh);
    const Result<bool> rotated = store_.rotate_session_token(digest, next);
    if (!rotated) return rotated.error();
    if (*rotated) {
      answer.session = issued(**caller, std::move(fresh));
      return answer;
    }
  }
  if (lenient && (old.used_at_s == 0 || now_s - old.used_at_s <= kLenientS)) {
    answer.refusal = Refusal::kJustUsed;
    return answer;
  }
  answer.refusal = Refusal::kReused;
  log_.warn("a refresh token was used twice; its session was ended",
            {{"session", old.session_id}, {"user", (*caller)->name}, {"address", (*session)->address}});
  if (const auto gone = store_.erase_session(old.session_id); !gone) return gone.error();
  return answer;
}

Result<std::optional<Caller>> Sessions::caller_of_session(const SessionRecord& session) {
  using None = std::optional<Caller>;
  if (session.expires_at_s <= clock_.unix_seconds()) return None();
  Caller caller;
  caller.session_id = session.id;
  if (session.user_id.empty()) {
    const auto token = store_.admin_token_sha256();
    if (!token) return token.error();
    if (!*token || !constant_time_equal(**token, session.credential_sha256)) return None();
    caller.name = "admin";
    caller.role = Role::kAdmin;
    return None(std::move(caller));
  }
  const auto user = store_.find_user(session.user_id);
  if (!user) return user.error();
  if (!*user || !(*user)->enabled) return None();
  if (!constant_time_equal(credential_of(**user), session.credential_sha256)) return None();
  caller.user_id = (*user)->id;
  caller.name = (*user)->name;
  caller.email = (*user)->email;
  caller.role = role_of((*user)->role).value_or(Role::kUser);
  return None(std::move(caller));
}

Result<std::optional<Caller>> Sessions::caller_of(std::string_view access_token) {
  using None = std::optional<Caller>;
  const auto claims = keys_.read(access_token, clock_.unix_seconds());
  if (!claims) return None();
  const auto session = store_.find_session(claims->session_id);
  if (!session) return session.error();
  if (!*session || (*session)->user_id != claims->user_id) return None();
  return caller_of_session(**session);
}

Result<std::string> Sessions::session_of(std::string_view refresh_token) {
  if (!refresh_token.starts_with(kRefreshPrefix)) return std::string();
  const auto found = store_.find_session_token(sha256_hex(refresh_token));
  if (!found) return found.error();
  return *found ? (*found)->session_id : std::string();
}

}  // namespace moongate
