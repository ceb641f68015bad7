// What sessions are proved by. Every gateway with the same master key makes and reads the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace moongate {

struct AccessClaims {
  std::string session_id;
  std::string user_id;  // empty: the admin token's session
};

// Immutable; safe from any thread.
class SessionKeys {
 public:
  explicit SessionKeys(const Secret& master_key);

  // A JWT (HS256). It says who it is for; whether that session still lives, the store says.
  std::string access_token(const AccessClaims& claims, std::int64_t now_s, std::int64_t lifetime_s) const;
  // Nothing: not ours, changed, or over.
  std::optional<AccessClaims> read(std::string_view token, std::int64_t now_s) const;

  // Bound to the session: what a page must send along that a foreign page cannot know.
  std::string csrf_token(std::string_view session_id) const;
  bool is_csrf_token(std::string_view token, std::string_view session_id) const;  // in constant time

  // For digests of what was presented, where others must not find out what it was.
  std::string blind(std::string_view text) const;

 private:
  Secret signing_, csrf_, blinding_;
};

}  // namespace moongate
