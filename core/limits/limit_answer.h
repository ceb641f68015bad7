// Limits as callers see them: the refusal in their dialect, and what is left, on every answer.
#pragma once

#include <string>
#include <string_view>

#include "limits/limit_types.h"
#include "protocol/api.h"

namespace moongate {

struct RefusalText {
  int status = 429;
  std::string message;   // names the limit, its level and when it resets
  std::string headers;   // "name: value\r\n" each: retry-after, x-should-retry, and those of append_quota_headers
  std::string body;      // JSON, complete
  int retry_after_seconds = -1;
};

// Precondition: decision.refused. A used-up balance is Anthropic's 402 billing_error and Google's 403 BILLING_DISABLED, since
// both vendors' libraries repeat a 429. Where waiting takes more than a minute, x-should-retry tells libraries not to.
// `as_array`: the caller asked for a JSON-array stream, whose errors are arrays too.
RefusalText refusal_text(const Decision& decision, Dialect dialect, std::string_view request_id, bool as_array = false);

// Nothing for what is not limited. Anthropic: anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,
// remaining,reset}, reset in RFC 3339; the others: x-ratelimit-{limit,remaining,reset}-{requests,…}, reset in whole seconds.
void append_quota_headers(const Decision& decision, Dialect dialect, std::string& out);

// Whether an upstream's header tells its own quota, which must not stand beside ours. `name` in lower case.
bool is_quota_header(std::string_view name);

// "2026-11-20T12:00:13Z": not before the time, in whole seconds.
std::string format_reset(std::int64_t unix_ms);

}  // namespace moongate
