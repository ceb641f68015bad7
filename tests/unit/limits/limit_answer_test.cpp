#include "limits/limit_answer.h"

#include <gtest/gtest.h>

#include "limit_bench.h"

namespace moongate {
namespace {

Decision refused(LimitKind kind, std::int64_t capacity, std::int64_t used, std::int64_t wait_ms) {
  Decision decision;
  decision.allowed = false;
  decision.decided_at_ms = kNoon * 1000;
  decision.refused = LimitState{LimitLevel::kKey, kind, "mg-Ab3d", capacity, used, wait_ms == 0 ? 0 : kNoon * 1000 + wait_ms};
  return decision;
}

TEST(LimitAnswer, AnthropicsRefusalHasItsTypeItsHeadersAndATrueMessage) {
  Decision decision = refused(LimitKind::kRequestsPerMinute, 60, 60, 11'200);
  decision.requests = {60, 0, kNoon * 1000 + 60'000};
  const RefusalText refusal = refusal_text(decision, Dialect::kAnthropic, "mg-1");
  EXPECT_EQ(refusal.status, 429);
  EXPECT_EQ(refusal.retry_after_seconds, 12);
  EXPECT_EQ(refusal.body,
            R"({"type":"error","error":{"type":"rate_limit_error","message":"The limit of 60 requests per minute of key mg-Ab3d… is used up; )"
            R"(it resets at 2026-11-20T12:00:12Z (in 12 s)."},"request_id":"mg-1"})");
  EXPECT_EQ(refusal.headers,
            "retry-after: 12\r\nx-should-retry: true\r\nanthropic-ratelimit-requests-limit: 60\r\n"
            "anthropic-ratelimit-requests-remaining: 0\r\nanthropic-ratelimit-requests-reset: 2026-11-20T12:01:00Z\r\n");
  EXPECT_EQ(refusal_text(decision, Dialect::kVertexClaude, "mg-1").body, refusal.body);
}

TEST(LimitAnswer, GooglesRefusalHasQuotaFailureAndRetryInfo) {
  Decision decision = refused(LimitKind::kTokensPerDay, 1000, 1000, 43'200'000);
  decision.refused->level = LimitLevel::kUser;
  decision.refused->name = "al\"ice";
  const RefusalText refusal = refusal_text(decision, Dialect::kGemini, "mg-1");
  EXPECT_EQ(refusal.status, 429);
  EXPECT_EQ(
      refusal.body,
      R"({"error":{"code":429,"message":"The limit of 1000 tokens per day of user al\"ice is used up; it resets at 2026-11-21T00:00:00Z (in 43200 s).",)"
      R"("status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"subject":"user:al\"ice",)"
      R"("description":"The limit of 1000 tokens per day of user al\"ice is used up; it resets at 2026-11-21T00:00:00Z (in 43200 s).",)"
      R"("quotaMetric":"moongate/tokens_per_day","quotaId":"TokensPerDayPerUser","quotaValue":"1000"}]},)"
      R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"43200s"},{"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"mg-1"}]}})");
  EXPECT_EQ(refusal.headers, "retry-after: 43200\r\nx-should-retry: false\r\n");
  EXPECT_EQ(refusal_text(decision, Dialect::kVertexGemini, "mg-1", true).body, "[" + refusal.body + "]");
}

TEST(LimitAnswer, AnEmptyBalanceIsNothingToRetry) {
  Decision decision = refused(LimitKind::kBalance, 50 * kNanosPerDollar, 50 * kNanosPerDollar, 0);
  decision.refused->level = LimitLevel::kUser;
  decision.refused->name = "alice";
  const RefusalText anthropic = refusal_text(decision, Dialect::kAnthropic, "");
  EXPECT_EQ(anthropic.status, 402);
  EXPECT_EQ(anthropic.headers, "x-should-retry: false\r\n");
  EXPECT_EQ(anthropic.body, R"({"type":"error","error":{"type":"billing_error","message":"The balance of user alice is used up; it must be topped up."}})");
  const RefusalText google = refusal_text(decision, Dialect::kVertexGemini, "");
  EXPECT_EQ(google.status, 403);
  EXPECT_NE(google.body.find(R"("reason":"BILLING_DISABLED")"), std::string::npos);
  EXPECT_NE(google.body.find("PERMISSION_DENIED"), std::string::npos);
  EXPECT_EQ(refusal_text(decision, Dialect::kPlain, "").status, 402);
  decision.refused->used -= 400'000'000;
  EXPECT_EQ(refusal_text(decision, Dialect::kAnthropic, "").message,
            "The balance of user alice has too little left for what this request may cost ($0.40 not used or reserved); it must be topped up.");
}

TEST(LimitAnswer, WhatIsNotUsedUpIsNotSaidToBe) {
  EXPECT_EQ(refusal_text(refused(LimitKind::kCostPerDay, 12'500'000'000, 12'000'000'000, 1000), Dialect::kAnthropic, "").message,
            "The limit of $12.50 per day of key mg-Ab3d… has too little left for this request ($12.00 used or reserved); it resets at "
            "2026-11-20T12:00:01Z (in 1 s).");
  const RefusalText busy = refusal_text(refused(LimitKind::kConcurrent, 8, 8, 0), Dialect::kAnthropic, "");
  EXPECT_EQ(busy.message, "The limit of 8 concurrent requests of key mg-Ab3d… is used up; try again when one of them has ended.");
  EXPECT_EQ(busy.retry_after_seconds, 1);
  Decision account = refused(LimitKind::kConcurrent, 8, 8, 0);
  account.refused->level = LimitLevel::kAccount;
  account.refused->name = "company-secret.json";
  EXPECT_EQ(refusal_text(account, Dialect::kGemini, "").body.find("company-secret"), std::string::npos);
  Decision share = refused(LimitKind::kRequestsPerMinute, 30, 30, 5000);
  share.share_only = true;
  EXPECT_NE(refusal_text(share, Dialect::kPlain, "").message.find("(this gateway's share while gateways cannot count together)"),
            std::string::npos);
}

TEST(LimitAnswer, WhatIsLeftIsToldInTheCallersDialect) {
  Decision decision;
  decision.decided_at_ms = kNoon * 1000;
  std::string none;
  append_quota_headers(decision, Dialect::kAnthropic, none);
  EXPECT_EQ(none, "");
  decision.input_tokens = {1000, 900, kNoon * 1000 + 59'500};
  std::string anthropic, google;
  append_quota_headers(decision, Dialect::kAnthropic, anthropic);
  append_quota_headers(decision, Dialect::kGemini, google);
  EXPECT_EQ(anthropic, "anthropic-ratelimit-input-tokens-limit: 1000\r\nanthropic-ratelimit-input-tokens-remaining: 900\r\n"
                       "anthropic-ratelimit-input-tokens-reset: 2026-11-20T12:01:00Z\r\n");
  EXPECT_EQ(google, "x-ratelimit-limit-input-tokens: 1000\r\nx-ratelimit-remaining-input-tokens: 900\r\n"
                    "x-ratelimit-reset-input-tokens: 60\r\n");
  EXPECT_TRUE(is_quota_header("anthropic-ratelimit-unified-status"));
  EXPECT_TRUE(is_quota_header("x-ratelimit-limit-requests"));
  EXPECT_FALSE(is_quota_header("retry-after"));
}

}  // namespace
}  // namespace moongate
