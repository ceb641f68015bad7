// Which sites' pages may call, and what answers tell browsers.
#include "people/origin_policy.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

HttpRequest from(std::string_view origin, std::string method = "GET") {
  HttpRequest request;
  request.method = std::move(method);
  request.path = "/api/auth/profile";
  request.headers.emplace_back("Host", "gateway.example:8889");
  if (!origin.empty()) request.headers.emplace_back("Origin", origin);
  return request;
}

TEST(OriginPolicy, KnowsItsOwnPages) {
  const OriginPolicy policy("");
  EXPECT_FALSE(policy.is_foreign(from("")));
  EXPECT_FALSE(policy.is_foreign(from("http://gateway.example:8889")));
  EXPECT_FALSE(policy.is_foreign(from("https://GATEWAY.example:8889")));
  for (const char* origin : {"http://gateway.example", "http://gateway.example:8888", "http://evil.example:8889",
                             "http://gateway.example:8889.evil.example", "null", "file://", "gateway.example:8889"}) {
    EXPECT_TRUE(policy.is_foreign(from(origin))) << origin;
  }
  HttpRequest usual = from("https://gateway.example");
  usual.headers.front().second = "gateway.example";
  EXPECT_FALSE(policy.is_foreign(usual));
  usual.headers.front().second = "gateway.example:443";
  EXPECT_FALSE(policy.is_foreign(usual));
}

TEST(OriginPolicy, LetsNamedSitesCallWithCredentialsAndNobodyElse) {
  const OriginPolicy policy("https://dash.example, http://localhost:3000/");
  for (const char* origin : {"https://dash.example", "http://localhost:3000"}) {
    const auto answer = policy.preflight([&] {
      HttpRequest request = from(origin, "OPTIONS");
      request.headers.emplace_back("Access-Control-Request-Method", "DELETE");
      return request;
    }());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 204);
    EXPECT_EQ(find_header(answer->headers, "Access-Control-Allow-Origin"), origin);
    EXPECT_EQ(find_header(answer->headers, "Access-Control-Allow-Credentials"), "true");
    EXPECT_NE(find_header(answer->headers, "Access-Control-Allow-Headers").find("X-CSRF-Token"), std::string_view::npos);
    EXPECT_FALSE(policy.is_foreign(from(origin)));
  }
  HttpRequest foreign = from("https://evil.example", "OPTIONS");
  foreign.headers.emplace_back("Access-Control-Request-Method", "GET");
  const auto refused = policy.preflight(foreign);
  ASSERT_TRUE(refused);
  for (const auto& [name, value] : refused->headers) EXPECT_FALSE(name.starts_with("Access-Control-")) << name;
  EXPECT_EQ(find_header(refused->headers, "Vary"), "Origin");
}

TEST(OriginPolicy, LeavesOtherOptionsAndPathsAlone) {
  const OriginPolicy policy("https://dash.example");
  EXPECT_FALSE(policy.preflight(from("https://dash.example", "OPTIONS")));
  HttpRequest elsewhere = from("https://dash.example", "OPTIONS");
  elsewhere.path = "/token";
  elsewhere.headers.emplace_back("Access-Control-Request-Method", "POST");
  EXPECT_FALSE(policy.preflight(elsewhere));
  HttpResponse answer;
  policy.dress(elsewhere, answer);
  EXPECT_TRUE(answer.headers.empty());
}

TEST(OriginPolicy, EveryAnswerOfTheApiTellsBrowsersToBeCareful) {
  const OriginPolicy policy("");
  HttpRequest request = from("");
  request.tls = true;
  HttpResponse answer;
  policy.dress(request, answer);
  EXPECT_EQ(find_header(answer.headers, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(find_header(answer.headers, "X-Frame-Options"), "DENY");
  EXPECT_EQ(find_header(answer.headers, "Cache-Control"), "no-store");
  EXPECT_EQ(find_header(answer.headers, "Cross-Origin-Resource-Policy"), "same-origin");
  EXPECT_FALSE(find_header(answer.headers, "Content-Security-Policy").empty());
  EXPECT_FALSE(find_header(answer.headers, "Strict-Transport-Security").empty());
  EXPECT_TRUE(find_header(answer.headers, "Access-Control-Allow-Origin").empty());
}

}  // namespace
}  // namespace moongate
