#include <gtest/gtest.h>

#include "http/head.h"

namespace moongate {
namespace {

Result<HeadState> parse(std::string_view text, RequestHead& head, const HeadLimits& limits = {}) {
  std::size_t searched = 0;
  return parse_request_head(text, limits, searched, head);
}

// What is wrong with it, or "accepted" / "incomplete".
std::string verdict(std::string_view text, const HeadLimits& limits = {}) {
  RequestHead head;
  auto state = parse(text, head, limits);
  if (!state) {
    EXPECT_EQ(state.error().source, ErrorSource::kClient);
    return (state.error().kind == ErrorKind::kTooLarge ? "too large: " : "") + state.error().message;
  }
  return *state == HeadState::kComplete ? "accepted" : "incomplete";
}

std::string with(std::string_view fields) {
  return "POST /v1/messages HTTP/1.1\r\nHost: gate\r\n" + std::string(fields) + "\r\n";
}

bool refused(std::string_view fields, std::string_view reason = "") {
  const std::string said = verdict(with(fields));
  return said != "accepted" && said != "incomplete" && said.find(reason) != std::string::npos;
}

TEST(RequestHead, GivesItsPartsAsTheyWereSent) {
  RequestHead head;
  const std::string text = with("X-Api-Key:  k1 \t\r\nEmpty:\r\nContent-Length: 12\r\n");
  const std::string come = text + "hello";
  ASSERT_EQ(parse(come, head).value(), HeadState::kComplete);
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/messages");
  EXPECT_EQ(head.size, text.size());
  ASSERT_EQ(head.fields.size(), 4u);
  EXPECT_EQ(head.fields[1].name, "X-Api-Key");
  EXPECT_EQ(head.fields[1].value, "k1");
  EXPECT_EQ(head.fields[1].line, "X-Api-Key:  k1 \t\r\n");
  EXPECT_EQ(head.fields[1].id, HeaderId::kXApiKey);
  EXPECT_EQ(head.fields[2].value, "");
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, CutAtAnyByteIsIncompleteAndThenTheSame) {
  const std::string text = with("Accept: */*\r\nX-A: 1\r\nTransfer-Encoding: Chunked\r\n");
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    RequestHead head;
    std::size_t searched = 0;
    ASSERT_EQ(parse_request_head(text.substr(0, cut), {}, searched, head).value(), HeadState::kMore) << cut;
    ASSERT_LE(searched, cut);
    ASSERT_EQ(parse_request_head(text, {}, searched, head).value(), HeadState::kComplete) << cut;
    ASSERT_EQ(head.fields.size(), 4u);
    ASSERT_EQ(head.framing, Framing::kChunked);
    ASSERT_EQ(head.size, text.size());
  }
}

TEST(RequestHead, ComingByteByByteIsTheSame) {
  const std::string text = with("Accept: */*\r\n");
  RequestHead head;
  std::size_t searched = 0;
  for (std::size_t n = 1; n < text.size(); ++n) {
    ASSERT_EQ(parse_request_head(std::string_view(text).substr(0, n), {}, searched, head).value(),
              HeadState::kMore);
  }
  EXPECT_EQ(parse_request_head(text, {}, searched, head).value(), HeadState::kComplete);
  EXPECT_EQ(head.find("accept").value, "*/*");
}

TEST(RequestHead, AReusedHeadKeepsNothingOfTheOneBefore) {
  RequestHead head;
  ASSERT_TRUE(
      parse(with("Expect: 100-continue\r\nUpgrade: websocket\r\nContent-Length: 3\r\nConnection: close\r\n"),
            head));
  EXPECT_TRUE(head.expect_continue);
  EXPECT_TRUE(head.upgrade);
  EXPECT_FALSE(head.keep_alive);
  ASSERT_TRUE(head.set("X-Mine", "1"));
  ASSERT_TRUE(parse(with(""), head));
  EXPECT_FALSE(head.expect_continue);
  EXPECT_FALSE(head.upgrade);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.framing, Framing::kNone);
  EXPECT_TRUE(head.added.empty());
  EXPECT_EQ(head.fields.size(), 1u);
}

TEST(RequestHead, ALeadingEmptyLineIsTheConnectionsToSkip) {
  EXPECT_NE(verdict("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").find("empty"), std::string::npos);
}

TEST(RequestHead, BareLineFeedsAreRefusedWhereverTheyStand) {
  EXPECT_NE(verdict("GET / HTTP/1.1\nHost: a\r\n\r\n").find("CRLF"), std::string::npos);
  EXPECT_NE(verdict("\nGET / HTTP/1.1\r\n").find("CRLF"), std::string::npos);
  EXPECT_TRUE(refused("X: 1\n", "CRLF"));
  EXPECT_NE(verdict("GET / HTTP/1.1\r\nHost: a\r\n\n").find("CRLF"), std::string::npos);
  EXPECT_TRUE(refused("X: a\rb\r\n"));
  EXPECT_TRUE(refused("X: a\r\r\n"));
}

TEST(RequestHead, FoldedLinesAreRefused) {
  EXPECT_TRUE(refused("X: a\r\n b\r\n", "folded"));
  EXPECT_TRUE(refused("X: a\r\n\tb\r\n", "folded"));
  EXPECT_TRUE(refused(" X: a\r\n", "folded"));
}

TEST(RequestHead, SpaceBeforeTheColonIsRefused) {
  EXPECT_TRUE(refused("Content-Length : 3\r\n"));
  EXPECT_TRUE(refused("X\t: 3\r\n"));
  EXPECT_TRUE(refused(": no name\r\n"));
  EXPECT_TRUE(refused("no colon\r\n"));
}

TEST(RequestHead, ControlBytesInValuesAreRefused) {
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\t') continue;
    EXPECT_TRUE(refused(std::string("X: a") + static_cast<char>(c) + "b\r\n")) << c;
  }
  EXPECT_TRUE(refused("X: a\x7F\r\n"));
  EXPECT_EQ(verdict(with("X: a\tb \xC3\xA4\r\n")), "accepted");
}

TEST(RequestHead, ContentLengthMustBeOneWholeNumber) {
  EXPECT_TRUE(refused("Content-Length: 3\r\nContent-Length: 4\r\n"));
  EXPECT_TRUE(refused("Content-Length: 3\r\nContent-Length: 3\r\n"));
  for (const char* value :
       {"", "-1", "+1", "1 1", "1,1", "0x10", "1.0", "abc", "9999999999999999999999", "\"3\""}) {
    EXPECT_TRUE(refused(std::string("Content-Length: ") + value + "\r\n")) << value;
  }
  EXPECT_EQ(verdict(with("Content-Length: 0\r\n")), "accepted");
  EXPECT_EQ(verdict(with("Content-Length: 999999999999999999\r\n")), "accepted");
}

TEST(RequestHead, TheOnlyTransferCodingIsASingleChunked) {
  EXPECT_TRUE(refused("Transfer-Encoding: gzip\r\n", "chunked"));
  EXPECT_TRUE(refused("Transfer-Encoding: gzip, chunked\r\n"));
  EXPECT_TRUE(refused("Transfer-Encoding: chunked, chunked\r\n"));
  EXPECT_TRUE(refused("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(refused("Transfer-Encoding: xchunked\r\n"));
  EXPECT_TRUE(refused("Transfer-Encoding: \r\n"));
  EXPECT_TRUE(refused("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"));
  EXPECT_TRUE(refused("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_NE(verdict("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "accepted");
}

TEST(RequestHead, ThereIsExactlyOneHost) {
  EXPECT_NE(verdict("GET / HTTP/1.1\r\n\r\n").find("no Host"), std::string::npos);
  EXPECT_TRUE(refused("Host: gate\r\n", "more than one Host"));
  EXPECT_EQ(verdict("GET / HTTP/1.0\r\n\r\n"), "accepted");
  EXPECT_NE(verdict("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), "accepted");
  EXPECT_NE(verdict("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n"), "accepted");
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), "accepted");
}

TEST(RequestHead, TheTargetIsAPath) {
  for (const char* target : {"http://a/", "*", "a", "?x", ""}) {
    EXPECT_NE(verdict(std::string("GET ") + target + " HTTP/1.1\r\nHost: a\r\n\r\n"), "accepted") << target;
  }
  EXPECT_NE(verdict("GET / x HTTP/1.1\r\nHost: a\r\n\r\n"), "accepted");
  EXPECT_NE(verdict(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "accepted");
}

TEST(RequestHead, OtherVersionsAreRefused) {
  for (const char* version : {"HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "http/1.1", "HTTP/1.10", "ICY"}) {
    EXPECT_NE(verdict(std::string("GET / ") + version + "\r\nHost: a\r\n\r\n"), "accepted") << version;
  }
}

TEST(RequestHead, BytesBeyondTheLimitAreTooLargeWholeOrNot) {
  const std::string text = with("X: " + std::string(200, 'a') + "\r\n");
  HeadLimits limits;
  limits.max_bytes = text.size();
  EXPECT_EQ(verdict(text, limits), "accepted");
  limits.max_bytes = text.size() - 1;
  EXPECT_TRUE(verdict(text, limits).starts_with("too large"));
  limits.max_bytes = 50;
  EXPECT_TRUE(verdict(text.substr(0, 120), limits).starts_with("too large"));
  EXPECT_EQ(verdict(text.substr(0, 45), limits), "incomplete");
}

TEST(RequestHead, FieldsBeyondTheLimitAreTooLarge) {
  HeadLimits limits;
  limits.max_fields = 3;
  EXPECT_EQ(verdict(with("A: 1\r\nB: 2\r\n"), limits), "accepted");
  EXPECT_TRUE(verdict(with("A: 1\r\nB: 2\r\nC: 3\r\n"), limits).starts_with("too large"));
}

TEST(RequestHead, KeepAliveFollowsVersionAndConnection) {
  const auto keeps = [](std::string text) {
    RequestHead head;
    EXPECT_TRUE(parse(text, head));
    return head.keep_alive;
  };
  EXPECT_TRUE(keeps(with("")));
  EXPECT_FALSE(keeps(with("Connection: foo , Close\r\n")));
  EXPECT_TRUE(keeps(with("Connection: closed\r\n")));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST(RequestHead, OnlyTheExpectationOfAContinueIsKnown) {
  EXPECT_TRUE(refused("Expect: 200-ok\r\n", "Expect"));
  RequestHead head;
  ASSERT_TRUE(parse(with("Expect: 100-Continue\r\n"), head));
  EXPECT_TRUE(head.expect_continue);
  ASSERT_TRUE(parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", head));
  EXPECT_FALSE(head.expect_continue);
}

TEST(RequestHead, OnlyAWebSocketIsAnUpgrade) {
  RequestHead head;
  ASSERT_TRUE(parse(with("Upgrade: h2c\r\nConnection: Upgrade\r\n"), head));
  EXPECT_FALSE(head.upgrade);
  ASSERT_TRUE(parse(with("Upgrade: h2c, WebSocket\r\nConnection: Upgrade\r\n"), head));
  EXPECT_TRUE(head.upgrade);
}

}  // namespace
}  // namespace moongate
