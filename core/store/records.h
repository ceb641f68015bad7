// What outlasts a restart, as plain values. Times are Unix seconds; secrets appear as digests or sealed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace moongate {

struct VirtualAccountKey {
  std::string key_id;  // unique
  std::string public_key_pem;
  std::string certificate_pem;
  std::int64_t until_s = 0;  // of an old key: from then on it is worth nothing
  bool operator==(const VirtualAccountKey&) const = default;
};

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
  std::vector<VirtualAccountKey> old_keys;  // rotated away, by when they end; insert leaves them out
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

// -- who may call, and who pays

struct UserRecord {
  std::string id;             // "u-" and 16 random characters
  std::string name;           // unique; what the command line takes
  std::string email;          // unique where it is not empty
  std::string role = "user";  // or "admin"
  std::string password_hash;  // crypto/password.h; empty: cannot log in
  bool enabled = true;
  std::string terms;          // JSON, config/terms.h; limits of all that the user's clients do together
  std::int64_t created_at_s = 0;
  bool operator==(const UserRecord&) const = default;
};

// A program, or a person's set of keys: what usage is told by. Clients of the map and virtual accounts have a row here
// only when they were given to a user or got terms by the console; `name` is then their id.
struct ClientRecord {
  std::string id;       // "c-" and 16 random characters
  std::string name;     // unique
  std::string user_id;  // who pays; empty: nobody
  bool enabled = true;
  std::string terms;
  std::int64_t created_at_s = 0;
  bool operator==(const ClientRecord&) const = default;
};

struct ApiKeyRecord {
  std::string id;      // "k-" and 16 random characters
  std::string sha256;  // hex, of the whole key; unique
  std::string prefix;  // the key's first characters, to tell it by: "mg-Ab3d"
  std::string name;
  std::string client_id;
  bool enabled = true;
  std::string terms;
  std::int64_t created_at_s = 0;
  std::int64_t expires_at_s = 0;    // 0: never
  std::int64_t last_used_at_s = 0;  // 0: not yet; may lag by a minute
  bool operator==(const ApiKeyRecord&) const = default;
};

// What a presented key is worth: the three rows together. `client` and `user` are empty records where there is none.
struct KeyHolder {
  ApiKeyRecord key;
  ClientRecord client;
  UserRecord user;
};

// An upstream account that was put in by the console or the command line.
struct UpstreamAccountRecord {
  std::string name;               // unique; as a key file's name in the map
  std::string sealed_credential;  // base64 of a SealedBox's bytes over the key file's JSON
  std::string hint;               // to tell it by: a service account's e-mail, an API key's last four characters
  std::string models;             // JSON list of model rules, as key_filename_…[].models in the map; empty: every model
  int weight = 1;
  bool enabled = true;
  std::string disabled_reason;    // set by the gateway when it took the account out (refused credential, low credit)
  std::int64_t created_at_s = 0;
  bool operator==(const UpstreamAccountRecord&) const = default;
};

// -- money

// One finished request. Token counts: 0 where the provider told none. The accounting engine (meter/usage_cost.h) says
// what each is.
struct LedgerRecord {
  std::string request_id;  // unique
  std::int64_t ended_at_ms = 0;
  std::string gateway;     // which process
  std::string client;      // Identity::client
  std::string key_id;      // empty: no stored key
  std::string user_id;     // empty: nobody pays
  std::string provider, account, location;
  std::string model;           // the caller's name
  std::string upstream_model;  // what was asked of the provider; prices go by it
  std::string operation;
  std::string outcome;
  int status = 0;
  bool stream = false;
  bool estimated = false;  // the final usage never came: what was seen
  std::string service_tier, inference_geo, speed;
  std::int64_t input_tokens = 0, cache_write_5m_tokens = 0, cache_write_1h_tokens = 0, cache_read_tokens = 0;
  std::int64_t output_tokens = 0, thought_tokens = 0, tool_prompt_tokens = 0;
  std::int64_t audio_input_tokens = 0, audio_output_tokens = 0;
  std::int64_t web_searches = 0, images = 0, video_ms = 0;
  std::string raw_usage;         // the provider's own object, cut at 2 KiB
  bool priced = false;           // false: there was no price; cost is unknown, not zero
  std::int64_t cost_nano = 0;    // what it cost us
  std::int64_t billed_nano = 0;  // with the client's markup
  std::int64_t markup_ppm = 1'000'000;
  std::string price_id;          // the row of the price table
  std::int64_t duration_ms = 0, first_byte_ms = -1;
  std::int64_t bytes_in = 0, bytes_out = 0;
  bool operator==(const LedgerRecord&) const = default;
};

enum class UsageBucket : std::uint8_t { kHour, kDay };

// Sums of one bucket × user × client × provider × model.
struct UsageRollup {
  std::int64_t bucket_start_s = 0;
  std::string user_id, client, provider, model;
  std::int64_t requests = 0, failures = 0, unpriced = 0, estimated = 0;
  std::int64_t input_tokens = 0, cache_write_tokens = 0, cache_read_tokens = 0, output_tokens = 0;
  std::int64_t cost_nano = 0, billed_nano = 0;
  bool operator==(const UsageRollup&) const = default;
};

// Which roll-ups to tell, and along what to sum them. Empty texts: all.
struct UsageQuery {
  std::int64_t from_s = 0, to_s = 0;  // [from, to); whole buckets
  UsageBucket bucket = UsageBucket::kDay;
  std::string user_id, client, model;
  bool by_bucket = false, by_user = false, by_client = false, by_provider = false, by_model = false;
};

// A change of a balance. Each is two postings that sum to zero: one to the user's account, one to the other side's.
struct MovementRecord {
  std::string id;            // unique; the caller's, so that asking twice moves once
  std::string user_id;
  std::string kind;          // "top-up", "charge", "correction", "reprice"
  std::int64_t amount_nano = 0;  // as the user's balance sees it: a charge is negative
  std::int64_t created_at_s = 0;
  std::string actor;         // who did it: "gateway", "admin", a user's name
  std::string note;
  bool operator==(const MovementRecord&) const = default;
};

// A row of the price table, as data/prices.json has it or the console wrote it. meter/price_book.h knows what the JSON says.
struct PriceRecord {
  std::string id;
  std::string provider, model;
  std::int64_t effective_from_s = 0, effective_until_s = 0;  // [from, until); until 0: for good
  std::string row;  // the JSON object
  bool operator==(const PriceRecord&) const = default;
};

struct NotificationRecord {
  std::string id;
  std::string user_id;  // empty: for the operators
  std::string kind;     // "balance-low", "balance-empty", "account-disabled", "disk-full", …
  std::string text;
  std::int64_t created_at_s = 0;
  std::int64_t read_at_s = 0;  // 0: not yet
  bool operator==(const NotificationRecord&) const = default;
};

// What an admin did. Never holds a secret.
struct AuditRecord {
  std::int64_t at_ms = 0;
  std::string actor, action, subject, detail;  // "admin", "key.disable", "k-…", JSON
  std::string address;
  bool operator==(const AuditRecord&) const = default;
};

}  // namespace moongate
