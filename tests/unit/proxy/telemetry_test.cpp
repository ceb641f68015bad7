#include "proxy/telemetry.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

struct Telemetry : testing::Test {
  Settings::Telemetry settings{"forward", "http://receiver.test:81/collect/", "https://sentry.test"};
  std::string sent_to(std::string_view path, std::string_view query = {}) {
    const auto request = telemetry_request(settings, {"POST", path, query, "application/json", {}, "sdk/1"});
    if (!request) return "dropped";
    return std::string(request->endpoint.tls ? "https://" : "http://") + request->endpoint.authority() + request->target;
  }
};

TEST_F(Telemetry, GoesBelowTheReceiversAddress) {
  EXPECT_EQ(sent_to("/api/statsig/v1/rgstr", "st=1&x=%20"), "http://receiver.test:81/collect/v1/rgstr?st=1&x=%20");
  EXPECT_EQ(sent_to("/api/event_logging/v2/batch"), "http://receiver.test:81/collect/event_logging/v2/batch");
  EXPECT_EQ(sent_to("/api/sentry/4/envelope/"), "https://sentry.test/4/envelope/");
  EXPECT_EQ(sent_to("/api/sentry"), "https://sentry.test/");
}

TEST_F(Telemetry, LosesTheQuerysCredentials) {
  EXPECT_EQ(sent_to("/api/sentry/x", "key=secret&a=1&%6bey=secret&access_token=s&b"), "https://sentry.test/x?a=1&b");
  EXPECT_EQ(sent_to("/api/sentry/x", "key=secret"), "https://sentry.test/x");
}

TEST_F(Telemetry, IsDroppedUnlessItIsWanted) {
  EXPECT_EQ(sent_to("/api/statsigs/x"), "dropped");
  EXPECT_EQ(sent_to("/api/other"), "dropped");
  EXPECT_EQ(sent_to("/x/api/sentry"), "dropped");
  settings.sentry_url.clear();
  EXPECT_EQ(sent_to("/api/sentry/x"), "dropped");
  settings.mode = "drop";
  EXPECT_EQ(sent_to("/api/statsig/x"), "dropped");
}

TEST_F(Telemetry, HasThreeHeadersAtMost) {
  const auto request = telemetry_request(settings, {"POST", "/api/sentry/x", {}, "text/plain", "gzip", "sdk/1"});
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->headers, (std::vector<std::pair<std::string, std::string>>{
                                  {"Content-Type", "text/plain"}, {"Content-Encoding", "gzip"}, {"User-Agent", "sdk/1"}}));
}

}  // namespace
}  // namespace moongate
