// Sessions of people: opened by a login, prolonged by refresh tokens that each serve once, ended at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "config/settings.h"
#include "crypto/random.h"
#include "identity/caller.h"
#include "people/session_keys.h"
#include "store/store.h"

namespace moongate {

// What a login or a refresh hands out.
struct IssuedSession {
  Caller caller;
  std::string session_id;
  Secret access_token, refresh_token;
  std::string csrf_token;
  std::int64_t expires_in_s = 0, refresh_expires_in_s = 0;
};

// Safe from any thread. Whether a session lives is asked of the store each time, so that its end, a new password, a lesser
// role or a disabled user are in force at once on every gateway.
class Sessions {
 public:
  // The references must outlive it.
  Sessions(Store& store, const Clock& clock, Random& random, const Logger& log, const Settings& settings,
           const SessionKeys& keys)
      : store_(store), clock_(clock), random_(random), log_(log), settings_(settings), keys_(keys) {}

  // For a user whose password was right, or (nothing) for who showed the admin token.
  Result<IssuedSession> open(const std::optional<UserRecord>& user, const HttpRequest& request);

  enum class Refusal : std::uint8_t {
    kUnknown,   // no such token, or its session is over
    kReused,    // it was used before: its session has been ended
    kJustUsed,  // used moments ago, and `lenient`: somebody else with the same cookies has the new one
  };
  struct Refreshed {
    std::optional<IssuedSession> session;
    Refusal refusal = Refusal::kUnknown;  // when there is none
  };
  // `lenient`: the token came in a cookie, which several pages share.
  Result<Refreshed> refresh(std::string_view token, bool lenient);

  // Nothing: no such session (any more).
  Result<std::optional<Caller>> caller_of(std::string_view access_token);
  // The session that a refresh token belongs to; empty: none.
  Result<std::string> session_of(std::string_view refresh_token);
  Result<bool> end(std::string_view session_id) { return store_.erase_session(session_id); }

  const SessionKeys& keys() const { return keys_; }
  // What user.password_hash stands for in a session.
  static std::string credential_of(const UserRecord& user);

 private:
  Result<std::optional<Caller>> caller_of_session(const SessionRecord& session);
  IssuedSession issued(Caller caller, Secret refresh_token) const;
  SessionTokenRecord new_token(const std::string& session_id, Secret& token) const;

  Store& store_;
  const Clock& clock_;
  Random& random_;
  const Logger& log_;
  const Settings& settings_;
  const SessionKeys& keys_;
};

}  // namespace moongate
