#include <gtest/gtest.h>

#include "http/head.h"

namespace moongate {
namespace {

ResponseHead parsed(std::string_view text, std::string_view method = "GET") {
  ResponseHead head;
  std::size_t searched = 0;
  auto state = parse_response_head(text, {}, searched, method, head);
  EXPECT_TRUE(state) << state.error().message;
  if (state) EXPECT_EQ(*state, HeadState::kComplete);
  return head;
}

bool refused(std::string_view text) {
  ResponseHead head;
  std::size_t searched = 0;
  auto state = parse_response_head(text, {}, searched, "GET", head);
  if (state) return false;
  EXPECT_EQ(state.error().kind, ErrorKind::kProtocol);
  EXPECT_EQ(state.error().source, ErrorSource::kUpstream);
  return true;
}

TEST(ResponseHead, GivesStatusAndReason) {
  const std::string text = "HTTP/1.1 404 Not  Found\r\nContent-Length: 5\r\n\r\n";
  const ResponseHead head = parsed(text);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not  Found");
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(head.content_length, 5u);
}

TEST(ResponseHead, TheReasonMayBeMissing) {
  EXPECT_EQ(parsed("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n").reason, "");
}

TEST(ResponseHead, WithoutFramingItLastsUntilTheClose) {
  const ResponseHead head = parsed("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(head.framing, Framing::kUntilClose);
  EXPECT_FALSE(head.keep_alive);
}

TEST(ResponseHead, SomeAnswersHaveNoBodyWhateverTheyAnnounce) {
  for (const char* status : {"100 Continue", "103 Early Hints", "204 No Content", "304 Not Modified"}) {
    const ResponseHead head = parsed(std::string("HTTP/1.1 ") + status + "\r\nContent-Length: 9\r\n\r\n");
    EXPECT_EQ(head.framing, Framing::kNone) << status;
    EXPECT_TRUE(head.keep_alive);
  }
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD").framing, Framing::kNone);
}

TEST(ResponseHead, AnUpstreamThatBreaksTheRulesIsRefused) {
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\nX: 1\r\n\r\n"));
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nX: 1\r\n y\r\n\r\n"));
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"));
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"));
  EXPECT_TRUE(refused("HTTP/1.1 abc OK\r\n\r\n"));
  EXPECT_TRUE(refused("HTTP/1.1 20 OK\r\n\r\n"));
  EXPECT_TRUE(refused("HTTP/2 200 OK\r\n\r\n"));
  EXPECT_TRUE(refused("hello\r\n\r\n"));
}

TEST(ResponseHead, CutAtAnyByteIsIncomplete) {
  const std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n";
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    ResponseHead head;
    std::size_t searched = 0;
    ASSERT_EQ(parse_response_head(text.substr(0, cut), {}, searched, "GET", head).value(), HeadState::kMore);
    ASSERT_EQ(parse_response_head(text, {}, searched, "GET", head).value(), HeadState::kComplete);
    ASSERT_EQ(head.framing, Framing::kChunked);
  }
}

TEST(ReasonPhrase, NamesWhatItKnows) {
  EXPECT_EQ(reason_phrase(429), "Too Many Requests");
  EXPECT_EQ(reason_phrase(799), "Unknown");
}

}  // namespace
}  // namespace moongate
