#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "live/live_views.h"
#include "protocol/upstream_error.h"
#include "proxy/retry_plan.h"
#include "unit/live/live_requests.h"
#include "upstream/account_health.h"

namespace moongate {
namespace {

using Kind = RequestNote::Kind;

std::string texts(const LiveRequest& request) {
  std::string out;
  for (const auto& each : decisions_view(request)) {
    out += std::string(each.at("phase").as_string()) + ": " + std::string(each.at("text").as_string()) + "\n";
  }
  return out;
}

TEST(Decisions, AreToldInWords) {
  TestRequest made;
  made.routes = {route_to("b"), route_to("a", Provider::kAnthropic, "", 3)};
  made.notes.add(noted(Kind::kAuthenticated, 1));
  made.notes.add(noted(Kind::kModelKnown, 2));
  made.notes.add(noted(Kind::kReserved, 3, RequestNote::kNoRoute, 0, RequestNote::kOfKey | RequestNote::kOfUser));
  made.notes.add(noted(Kind::kAffinity, 4, 0, 1));
  made.notes.add(noted(Kind::kRouted, 5, RequestNote::kNoRoute, 0, 2));
  made.notes.add(noted(Kind::kPassedOver, 6, 1, static_cast<int>(Fitness::kCooling), 29'001));
  made.notes.add(noted(Kind::kAttempt, 7, 0));
  made.notes.add(noted(Kind::kUnreachable, 8, 0));
  EXPECT_EQ(texts(made.seen()),
            "authenticate: builder, by a stored key (k-1)\n"
            "model: claude-sonnet-4-5\n"
            "limits: reserved from what is left to the key, the user\n"
            "affinity: anthropic/b holds this conversation's prompt cache and goes first\n"
            "select: 2 routes, in this order: anthropic/b (weight 1), anthropic/a (weight 3)\n"
            "health: anthropic/a is cooling and goes last, for another 30 s\n"
            "attempt: anthropic/b\n"
            "connect: anthropic/b cannot be reached\n"
            "end: 200 to the client; done\n");
}

TEST(Attempts, HaveTheirReasonAndTheirTime) {
  TestRequest made;
  made.routes = {route_to("a"), route_to("b")};
  made.record.duration_us = 900;
  made.notes.add(noted(Kind::kAttempt, 100, 0));
  made.notes.add(noted(Kind::kConnected, 150, 0, 1));
  made.notes.add(noted(Kind::kAnswered, 300, 0, 429, static_cast<std::uint32_t>(UpstreamFault::kRateLimited)));
  made.notes.add(noted(Kind::kPlan, 320, 0, 0, static_cast<std::uint32_t>(RetryPlan::Step::kNext)));
  made.notes.add(noted(Kind::kAttempt, 330, 1));
  made.notes.add(noted(Kind::kNoCredential, 400, 1));
  made.notes.add(noted(Kind::kAttempt, 410, 0));
  made.notes.add(noted(Kind::kConnected, 420, 0, 0));
  made.notes.add(noted(Kind::kAnswered, 600, 0, 200));
  const auto attempts = attempts_view(made.seen());
  ASSERT_EQ(attempts.size(), 3U);
  EXPECT_EQ(attempts[0].at("reason").as_string(), "rate-limited");
  EXPECT_EQ(attempts[0].at("then").as_string(), "the next account is asked");
  EXPECT_DOUBLE_EQ(attempts[0].at("duration_ms").as_double(), 0.22);
  EXPECT_TRUE(attempts[0].at("kept_alive").as_bool());
  EXPECT_EQ(attempts[1].at("reason").as_string(), "no-credential");
  EXPECT_EQ(attempts[2].at("status").as_int64(), 200);
  EXPECT_DOUBLE_EQ(attempts[2].at("duration_ms").as_double(), 0.49);
}

TEST(CaptureViews, AreTextWhereTheyAreTextAndCutBetweenCharacters) {
  CapturedBodies bodies;
  bodies.limit = 4;
  bodies.add_request("abcü");
  bodies.add_answer("\xff\xfe");
  const auto view = capture_view(bodies);
  EXPECT_EQ(view.at("request").at("text").as_string(), "abc");
  EXPECT_TRUE(view.at("request").at("cut").as_bool());
  EXPECT_EQ(view.at("answer").at("base64").as_string(), "//4=");
}

}  // namespace
}  // namespace moongate
