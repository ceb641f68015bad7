// How people sign in: their sessions, what a login that is under way must bring back, invitations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moongate {

// A browser or a command line that is signed in.
struct SessionRecord {
  std::string id;                 // "s-" and random characters
  std::string user_id;            // empty: whoever showed the admin token
  std::string credential_sha256;  // of what opened it, so that a new password or admin token ends it
  std::string address, agent;
  std::int64_t created_at_s = 0, last_seen_at_s = 0;
  std::int64_t expires_at_s = 0;
  bool operator==(const SessionRecord&) const = default;
};

// A refresh token of a session. Once used it is of no use but to betray a theft.
struct SessionTokenRecord {
  std::string sha256;
  std::string session_id;
  std::int64_t used_at_s = 0;  // 0: not yet
  std::int64_t created_at_s = 0, expires_at_s = 0;
  bool operator==(const SessionTokenRecord&) const = default;
};

// Something to be brought back once: a nonce, a code sent by e-mail.
struct NonceRecord {
  std::string sha256;
  std::string purpose;  // "password", "register", "reset", …
  std::string content;  // what the purpose needs to know then
  std::int64_t created_at_s = 0, expires_at_s = 0;
  bool operator==(const NonceRecord&) const = default;
};

struct LoginKeyRecord {
  std::string id;
  std::string sealed_private_key;  // base64 of a SealedBox's bytes
  std::int64_t created_at_s = 0;
  bool operator==(const LoginKeyRecord&) const = default;
};

struct InvitationRecord {
  std::string id;  // "i-" and random characters
  std::string token_sha256;
  std::string email;  // empty: the token was handed over by other means
  std::string role;
  std::string invited_by;
  std::int64_t created_at_s = 0, expires_at_s = 0;
  std::string user_id;  // who came of it; empty: nobody yet
  bool operator==(const InvitationRecord&) const = default;
};

// The rules of store.h hold. None of this raises the directory's generation: no worker keeps any of it.
class PeopleStore {
 public:
  virtual ~PeopleStore() = default;

  // Keeps both, or nothing: false when one is there already.
  virtual Result<bool> insert_session(const SessionRecord& session, const SessionTokenRecord& first) = 0;
  virtual Result<std::optional<SessionRecord>> find_session(std::string_view id) = 0;
  // Newest first; those that have not expired.
  virtual Result<std::vector<SessionRecord>> list_sessions(std::string_view user_id, std::int64_t now_s) = 0;
  virtual Result<bool> set_session_credential(std::string_view id, std::string_view sha256) = 0;
  // Its tokens go with it.
  virtual Result<bool> erase_session(std::string_view id) = 0;
  // All of a user but one; how many there were.
  virtual Result<std::int64_t> erase_other_sessions(std::string_view user_id, std::string_view kept_id) = 0;

  virtual Result<std::optional<SessionTokenRecord>> find_session_token(std::string_view sha256) = 0;
  // Marks `sha256` used at next.created_at, keeps `next`, and puts off the session's expiry to next's. False, with nothing
  // changed: `sha256` is used already or unknown, so that of two callers with the same token only one gets a new one.
  virtual Result<bool> rotate_session_token(std::string_view sha256, const SessionTokenRecord& next) = 0;

  virtual Result<bool> insert_nonce(const NonceRecord& record) = 0;
  // Gives it once, to one caller; nothing when it has expired, or is of another purpose.
  virtual Result<std::optional<NonceRecord>> take_nonce(std::string_view sha256, std::string_view purpose,
                                                        std::int64_t now_s) = 0;

  virtual Result<bool> insert_login_key(const LoginKeyRecord& record) = 0;
  virtual Result<std::vector<LoginKeyRecord>> list_login_keys() = 0;  // newest first
  virtual Result<bool> erase_login_key(std::string_view id) = 0;

  // insert: false when id or token is taken. Listed from the newest.
  virtual Result<bool> insert_invitation(const InvitationRecord& record) = 0;
  virtual Result<std::vector<InvitationRecord>> list_invitations() = 0;
  virtual Result<std::optional<InvitationRecord>> find_invitation(std::string_view token_sha256) = 0;
  // Marks it used by that user. False: it was used or withdrawn before, or has expired.
  virtual Result<bool> use_invitation(std::string_view id, std::string_view user_id, std::int64_t now_s) = 0;
  virtual Result<bool> erase_invitation(std::string_view id) = 0;
};

}  // namespace moongate
