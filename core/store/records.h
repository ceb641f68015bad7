// What outlasts a restart, as plain values. Times are Unix seconds; secrets appear as digests or sealed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace moongate {

struct VirtualAccountRecord {
  std::string id;     // 21 digits
  std::string email;  // unique
  std::string name;
  std::string project;
  std::string key_id;  // unique
  std::string public_key_pem;
  std::string certificate_pem;         // self-signed with the private key, which nobody but the caller has
  std::string external_secret_sha256;  // of the external_account file's secret; empty: none was made
  bool enabled = true;
  bool metadata_default = false;       // at most one account has it
  std::vector<std::string> providers;  // empty: all
  std::vector<std::string> models;     // empty: all
  std::int64_t created_at_s = 0;
  bool operator==(const VirtualAccountRecord&) const = default;
};

struct OAuthClientRecord {
  std::string id;
  std::string name;
  std::string secret_sha256;  // empty: a public client, which has none
  std::vector<std::string> redirect_uris;
  bool enabled = true;
  bool rotate_refresh_tokens = false;
  std::int64_t created_at_s = 0;
  bool operator==(const OAuthClientRecord&) const = default;
};

enum class RefreshTokenState : std::uint8_t {
  kActive,
  kUsed,  // rotated away: presenting it again betrays a theft
  kRevoked,
};

struct RefreshTokenRecord {
  std::string token_sha256;
  std::string family;  // all tokens that go back to one consent
  std::string client_id;
  std::string account_id;  // empty: the client itself
  std::string scope;
  RefreshTokenState state = RefreshTokenState::kActive;
  std::int64_t created_at_s = 0;
  std::int64_t expires_at_s = 0;
  bool operator==(const RefreshTokenRecord&) const = default;
};

struct SigningKeyRecord {
  std::string key_id;
  std::string sealed_private_key;  // base64 of a SealedBox's bytes
  std::string certificate_pem;
  std::int64_t created_at_s = 0;
  bool operator==(const SigningKeyRecord&) const = default;
};

// A token, or a family of tokens, that must not be accepted any more although its time has not come.
struct RevokedTokenRecord {
  std::string id;
  std::int64_t expires_at_s = 0;  // when the last token under this id has run out by itself
  bool operator==(const RevokedTokenRecord&) const = default;
};

}  // namespace moongate
