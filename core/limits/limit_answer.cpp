#include "limits/limit_answer.h"

#include <algorithm>

#include "base/log.h"

namespace moongate {
namespace {

constexpr int kPatienceSeconds = 60;  // vendors' libraries wait no longer for a retry

struct KindText {
  std::string_view unit;  // "The limit of 60 requests per minute"
  std::string_view metric;  // "RequestsPerMinute": Google's tools look for PerMinute and PerDay in it
};
KindText text_of(LimitKind kind) {
  constexpr KindText kTexts[kLimitKinds] = {
      {" requests per minute", "RequestsPerMinute"},          {" tokens per minute", "TokensPerMinute"},
      {" input tokens per minute", "InputTokensPerMinute"},   {" output tokens per minute", "OutputTokensPerMinute"},
      {" tokens per day", "TokensPerDay"},                    {" per day", "CostPerDay"},
      {" per month", "CostPerMonth"},                         {" concurrent requests", "ConcurrentRequests"},
      {"", "Balance"}};
  return kTexts[static_cast<std::size_t>(kind)];
}

bool is_money(LimitKind kind) {
  return kind == LimitKind::kCostPerDay || kind == LimitKind::kCostPerMonth || kind == LimitKind::kBalance;
}

std::string amount_text(LimitKind kind, std::int64_t amount) {
  return is_money(kind) ? "$" + format_dollars(amount) : std::to_string(amount);
}

// Which account it was is no business of the caller's.
std::string holder_text(const LimitState& state) {
  if (state.level == LimitLevel::kAccount) return "the upstream account";
  return std::string(to_string(state.level)) + " " + state.name + (state.level == LimitLevel::kKey ? "…" : "");
}

std::string message_of(const Decision& decision) {
  const LimitState& state = *decision.refused;
  if (state.kind == LimitKind::kBalance) {
    const NanoDollars left = std::max<NanoDollars>(state.capacity - state.used, 0);
    return "The balance of " + holder_text(state) +
           (left == 0 ? " is used up"
                      : " has too little left for what this request may cost (" + amount_text(state.kind, left) +
                            " not used or reserved)") +
           "; it must be topped up.";
  }
  std::string text = "The limit of " + amount_text(state.kind, state.capacity);
  text.append(text_of(state.kind).unit).append(" of ").append(holder_text(state));
  if (decision.share_only) text += " (this gateway's share while gateways cannot count together)";
  if (state.used >= state.capacity) {
    text += " is used up; ";
  } else {
    text += " has too little left for this request (" + amount_text(state.kind, state.used) + " used or reserved); ";
  }
  if (state.resets_at_ms == 0) return text + "try again when one of them has ended.";
  return text + "it resets at " + format_reset(state.resets_at_ms) + " (in " +
         std::to_string(decision.retry_after_seconds()) + " s).";
}

void quote(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

void member(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{') out += ',';
  quote(out, name);
  out += ':';
  quote(out, text);
}

void begin_detail(std::string& out, std::string_view type) {
  out += out.back() == '[' ? "{" : ",{";
  member(out, "@type", "type.googleapis.com/google.rpc." + std::string(type));
}

std::string google_body(const RefusalText& refusal, const LimitState& state, std::string_view request_id) {
  const bool balance = state.kind == LimitKind::kBalance;
  std::string out = "{\"error\":{\"code\":" + std::to_string(refusal.status);
  member(out, "message", refusal.message);
  member(out, "status", balance ? "PERMISSION_DENIED" : "RESOURCE_EXHAUSTED");
  out += ",\"details\":[";
  if (balance) {
    begin_detail(out, "ErrorInfo");
    member(out, "reason", "BILLING_DISABLED");
    member(out, "domain", "googleapis.com");
    out += '}';
  } else {
    begin_detail(out, "QuotaFailure");
    out += ",\"violations\":[{";
    member(out, "subject", std::string(to_string(state.level)) + (state.level == LimitLevel::kAccount ? "" : ":" + state.name));
    member(out, "description", refusal.message);
    member(out, "quotaMetric", "moongate/" + std::string(to_string(state.kind)));
    std::string level(to_string(state.level));
    level.front() = static_cast<char>(level.front() - 'a' + 'A');
    member(out, "quotaId", std::string(text_of(state.kind).metric) + "Per" + level);
    member(out, "quotaValue", is_money(state.kind) ? format_dollars(state.capacity) : std::to_string(state.capacity));
    out += "}]}";
    begin_detail(out, "RetryInfo");
    member(out, "retryDelay", std::to_string(refusal.retry_after_seconds) + "s");
    out += '}';
  }
  if (!request_id.empty()) {
    begin_detail(out, "RequestInfo");
    member(out, "requestId", request_id);
    out += '}';
  }
  return out += "]}}";
}

void header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool speaks_anthropic(Dialect dialect) { return dialect == Dialect::kAnthropic || dialect == Dialect::kVertexClaude; }
bool speaks_google(Dialect dialect) { return dialect == Dialect::kVertexGemini || dialect == Dialect::kGemini; }

void append_quota(const Quota& quota, std::string_view what, bool anthropic, std::int64_t now_ms, std::string& out) {
  if (quota.limit == 0) return;
  const auto name = [&](std::string_view part) {
    std::string text(anthropic ? "anthropic-ratelimit-" : "x-ratelimit-");
    return anthropic ? text.append(what).append("-").append(part) : text.append(part).append("-").append(what);
  };
  header(out, name("limit"), std::to_string(quota.limit));
  header(out, name("remaining"), std::to_string(quota.remaining));
  const std::int64_t wait_ms = std::max<std::int64_t>(quota.resets_at_ms - now_ms, 0);
  header(out, name("reset"), anthropic ? format_reset(quota.resets_at_ms) : std::to_string((wait_ms + 999) / 1000));
}

}  // namespace

std::string format_reset(std::int64_t unix_ms) {
  std::string text = format_utc_ms((unix_ms + 999) / 1000 * 1000);
  text.replace(text.find('.'), std::string::npos, "Z");
  return text;
}

void append_quota_headers(const Decision& decision, Dialect dialect, std::string& out) {
  const bool anthropic = speaks_anthropic(dialect);
  append_quota(decision.requests, "requests", anthropic, decision.decided_at_ms, out);
  append_quota(decision.tokens, "tokens", anthropic, decision.decided_at_ms, out);
  append_quota(decision.input_tokens, "input-tokens", anthropic, decision.decided_at_ms, out);
  append_quota(decision.output_tokens, "output-tokens", anthropic, decision.decided_at_ms, out);
}

bool is_quota_header(std::string_view name) {
  return name.starts_with("anthropic-ratelimit-") || name.starts_with("x-ratelimit-");
}

RefusalText refusal_text(const Decision& decision, Dialect dialect, std::string_view request_id, bool as_array) {
  const LimitState& state = *decision.refused;
  const bool balance = state.kind == LimitKind::kBalance;
  RefusalText refusal;
  refusal.status = !balance ? 429 : speaks_google(dialect) ? 403 : 402;
  refusal.message = message_of(decision);
  refusal.retry_after_seconds = decision.retry_after_seconds();
  if (refusal.retry_after_seconds >= 0) {
    header(refusal.headers, "retry-after", std::to_string(refusal.retry_after_seconds));
  }
  const bool hopeless = balance || refusal.retry_after_seconds > kPatienceSeconds;
  header(refusal.headers, "x-should-retry", hopeless ? "false" : "true");
  append_quota_headers(decision, dialect, refusal.headers);
  if (speaks_google(dialect)) {
    refusal.body = google_body(refusal, state, request_id);
    if (as_array) refusal.body = "[" + refusal.body + "]";
  } else {
    ErrorText text;
    text.http_status = refusal.status;
    text.message = refusal.message;
    text.request_id = request_id;
    if (dialect == Dialect::kOpenAi && balance) text.reason = "insufficient_quota";
    text.retry_after_seconds = refusal.retry_after_seconds;
    refusal.body = error_body(dialect, text);
  }
  return refusal;
}

}  // namespace moongate
