#include <gtest/gtest.h>

#include "config/host_text.h"
#include "config/map.h"
#include "workspace.h"

namespace moongate {
namespace {

Endpoint endpoint(std::string_view text) {
  auto parsed = parse_endpoint(text);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : Endpoint();
}

TEST(Endpoint, OfAHostIsTlsOnItsOwnPort) {
  EXPECT_EQ(endpoint("api.anthropic.com"), (Endpoint{"api.anthropic.com", 443, true, ""}));
  EXPECT_EQ(endpoint("API.Anthropic.COM:8443"), (Endpoint{"api.anthropic.com", 8443, true, ""}));
}

TEST(Endpoint, TakesTheSchemeAndThePrefix) {
  EXPECT_EQ(endpoint("http://127.0.0.1:9000"), (Endpoint{"127.0.0.1", 9000, false, ""}));
  EXPECT_EQ(endpoint("HTTP://localhost/"), (Endpoint{"localhost", 80, false, ""}));
  EXPECT_EQ(endpoint("https://llm.example.com/anthropic/"), (Endpoint{"llm.example.com", 443, true, "/anthropic"}));
  EXPECT_EQ(endpoint("http://[::1]:9000/a/b"), (Endpoint{"::1", 9000, false, "/a/b"}));
}

TEST(Endpoint, AuthorityHasThePortWhereTheSchemeHasAnother) {
  EXPECT_EQ(endpoint("a.example").authority(), "a.example");
  EXPECT_EQ(endpoint("http://a.example").authority(), "a.example");
  EXPECT_EQ(endpoint("http://a.example:443").authority(), "a.example:443");
  EXPECT_EQ(endpoint("[::1]:9000").authority(), "[::1]:9000");
}

TEST(Endpoint, ThatCouldReshapeARequestIsRefused) {
  for (const char* text : {"", "https://", "a b", "a.example/x", "https://a/x?y", "https://a/x#y", "https://a/%2e%2e",
                           "https://a/../b", "https://a//b", "https://a/x y", "https://a/\r\nHost: b", "a\r\n", "ftp://a",
                           "://a", "https://u@a", "https://u:p@a", "a:", "a:0", "a:65536", "a:-1", "a:80:80", "::1",
                           "[::1", "[::1]x", "[a]:80", "a..b", ".a", "a.", "-a", "1.2.3", "256.1.1.1", "a\xC3\xA4"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

TEST(ListenAddress, TakesEveryAddressAndPortZero) {
  EXPECT_EQ(parse_listen_address(":8888")->port, 8888);
  EXPECT_EQ(parse_listen_address("[::]:0")->host, "::");
  EXPECT_EQ(parse_listen_address("localhost:1")->host, "localhost");
  for (const char* text : {"", "8888", "a", "[::1]", "::1:80", ":x", ":", "a:65536", "a b:1"}) {
    EXPECT_FALSE(parse_listen_address(text)) << text;
  }
}

TEST(Loopback, IsThisMachineAlone) {
  for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"}) EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"", "0.0.0.0", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "::"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

TEST(TokenUri, IsHeldToTheListOfHosts) {
  Settings settings;
  settings.upstream.token_hosts = "oauth2.googleapis.com, internal.example:8443,127.0.0.1, [::1]:9000";
  for (const char* uri : {"https://oauth2.googleapis.com/token", "https://OAuth2.GoogleAPIs.com:443/token",
                          "https://internal.example:8443/t", "http://127.0.0.1:1234/token", "http://[::1]:9000/token"}) {
    EXPECT_TRUE(check_token_uri(settings, uri)) << uri;
  }
  for (const char* uri : {"http://oauth2.googleapis.com/token", "https://oauth2.googleapis.com:444/token",
                          "https://internal.example/t", "http://internal.example:8443/t", "http://[::1]:9001/token",
                          "http://127.0.0.2/token", "https://evil.example/?oauth2.googleapis.com", "//oauth2.googleapis.com/token",
                          "oauth2.googleapis.com/token", "https://oauth2.googleapis.com@evil.example/token",
                          "https://oauth2.googleapis.com\\@evil.example/token", "https://oauth2.googleapis.com.", ""}) {
    EXPECT_FALSE(check_token_uri(settings, uri)) << uri;
  }
  settings.upstream.token_hosts = "";
  EXPECT_FALSE(check_token_uri(settings, "https://oauth2.googleapis.com/token"));
}

}  // namespace
}  // namespace moongate
