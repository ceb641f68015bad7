// What a provider's refusal means: told from its status, a few headers and the beginning of its body. Anthropic's shape,
// Google's (also wrapped in an array, as its streams do), and what neither of them wrote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moongate {

enum class UpstreamFault : std::uint8_t {
  kNone,             // no error
  kRateLimited,      // 429: this account has had enough of this model for now
  kSpendLimit,       // no money or no credit: 429 enforced_spend_limit_reached, 400 "credit balance is too low", 402
  kOverloaded,       // 529, or a 503 that says so: everybody's trouble, not this account's
  kExhausted,        // Google's 429 RESOURCE_EXHAUSTED: shared capacity; another account or region may have some
  kUnauthenticated,  // 401, and Gemini's 400 API_KEY_INVALID
  kForbidden,        // 403: this account may not
  kRefused,          // 403 for what the request asks for, or from who knows whom: no news of the account
  kBadSignature,     // 400: a thinking block that another account (or provider) has signed
  kBadBeta,          // 400: anthropic-beta values that this upstream does not know; `values` names them
  kNotFound,         // 404
  kServerError,      // 5xx: it may have been executed
  kCallerFault,      // every other 4xx
};
std::string_view to_string(UpstreamFault fault);  // "rate-limited", "spend-limit", …

// Views into the answer's head; empty where the header is not there.
struct UpstreamErrorHeaders {
  std::string_view retry_after = {};     // seconds (fractions allowed) or an HTTP date
  std::string_view retry_after_ms = {};
  std::string_view should_retry = {};    // x-should-retry: "true", "false"
};

struct UpstreamError {
  static constexpr std::int64_t kLongestWaitMs = 24LL * 3600 * 1000;

  UpstreamFault fault = UpstreamFault::kNone;
  int status = 0;
  std::int64_t retry_after_ms = -1;  // as told, 0 to kLongestWaitMs; negative: not told
  bool never_retry = false;          // x-should-retry: false
  std::string reason;                // the provider's own word for it ("overloaded_error", "SERVICE_DISABLED"): printable
                                     // ASCII of at most 64 characters, for logs
  std::vector<std::string> values;   // kBadBeta: at most 16
};

// Never fails; what is not understood goes by its status alone. `body`: its beginning, decoded, 16 KiB are plenty; it may
// be cut anywhere and hold anything. `names_resource`: the request is about something that belongs to one account (a file,
// a cached content), so that a 403 is about that. `unix_s`: now, for HTTP dates.
UpstreamError read_upstream_error(int status, const UpstreamErrorHeaders& headers, std::string_view body,
                                  bool names_resource, std::int64_t unix_s);

// Whether the body of an answer with this status is worth waiting for: it can lead to another attempt or is news of the
// account.
bool error_needs_reading(int status);

// "3", "0.5", "Wed, 21 Oct 2026 07:28:00 GMT" as milliseconds from now; negative: none of these.
std::int64_t parse_retry_after(std::string_view value, std::int64_t unix_s);

}  // namespace moongate
