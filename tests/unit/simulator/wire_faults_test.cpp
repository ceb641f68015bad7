#include "crypto/hash.h"
#include "decoding.h"
#include "simulator_fixture.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

class WireFaults : public SimulatorTest {
 protected:
  static std::string request_text(const std::string& faults, const std::string& body,
                                  const std::string& more = {}) {
    return "POST /v1/messages HTTP/1.1\r\nHost: s\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
           "x-simulator: " +
           faults + "\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
};

TEST_F(WireFaults, AResetBeforeTheHeadLeavesNothing) {
  const Response response = claude("hi", "reset=before-head");
  EXPECT_EQ(response.status, 0);
  EXPECT_TRUE(response.reset);
}

TEST_F(WireFaults, AResetMidStreamComesAfterTheEventsAskedFor) {
  const Response response = claude_stream("hi", "events=10 after=3 reset=mid-stream");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.reset);
  EXPECT_FALSE(response.whole);
  EXPECT_EQ(claude_text(response.body), "w1 w2 w3 ");
}

TEST_F(WireFaults, WithoutAfterAStreamBreaksInTheMiddle) {
  EXPECT_EQ(claude_text(claude_stream("hi", "events=10 reset=mid-stream").body), "w1 w2 w3 w4 w5 ");
}

TEST_F(WireFaults, AResetOfAPlainAnswerComesAfterHalfOfIt) {
  const Response response = claude("hi", "reset=mid-stream");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.reset);
  EXPECT_GT(response.body.size(), 0u);
}

TEST_F(WireFaults, ATruncatedStreamEndsCleanlyWithoutItsFinalEvents) {
  const Response claude_answer = claude_stream("hi", "events=3 truncate=clean");
  EXPECT_TRUE(claude_answer.whole);
  EXPECT_EQ(claude_text(claude_answer.body), "w1 w2 w3 ");
  EXPECT_EQ(claude_answer.body.find("message_delta"), std::string::npos);
  const Response sse = gemini("hi", "streamGenerateContent?alt=sse", "events=3 after=2 truncate=clean");
  EXPECT_TRUE(sse.whole);
  EXPECT_EQ(sse_data(sse.body).size(), 2u);
  EXPECT_EQ(sse.body.find("finishReason"), std::string::npos);
  const Response array = gemini("hi", "streamGenerateContent", "events=3 truncate=clean");
  EXPECT_TRUE(array.whole);
  EXPECT_EQ(array.body.find(']', array.body.rfind('}')), std::string::npos);
}

TEST_F(WireFaults, ACutLeavesHalfAChunkAndEndsWithoutReset) {
  const Response response = claude_stream("hi", "events=10 after=3 cut=mid-chunk");
  EXPECT_FALSE(response.whole);
  EXPECT_FALSE(response.reset);
  EXPECT_EQ(response.chunks.size(), 5u);  // message_start, content_block_start and three words are whole
  EXPECT_FALSE(claude("hi", "cut=mid-chunk").whole);
}

TEST_F(WireFaults, AnErrorEventEndsTheStream) {
  const Response claude_answer = claude_stream("hi", "events=4 after=2 error-event=1");
  EXPECT_TRUE(claude_answer.whole);
  EXPECT_EQ(sse_names(claude_answer.body).back(), "error");
  EXPECT_EQ(parsed(sse_data(claude_answer.body).back()).at("error").at("type"), "overloaded_error");
  const Response sse = gemini("hi", "streamGenerateContent?alt=sse", "events=4 error-event=1");
  EXPECT_EQ(parsed(sse_data(sse.body).back()).at("error").at("status"), "UNAVAILABLE");
  const Response array = gemini("hi", "streamGenerateContent", "events=4 after=1 error-event=1");
  EXPECT_EQ(parsed(array.body).at(1).at("error").at("code"), 503);
}

TEST_F(WireFaults, ACodingIsUsedWhenTheClientTakesIt) {
  for (const std::string coding : {"gzip", "br", "zstd"}) {
    for (const bool stream : {false, true}) {
      const Response response = claude("hi", coding + "=1", stream, {{"accept-encoding", "gzip, br, zstd"}});
      EXPECT_EQ(response.header("content-encoding"), coding);
      const std::string body = decoded(response.body, coding);
      EXPECT_EQ(
          stream ? claude_text(body) : std::string(parsed(body).at("content").at(0).at("text").as_string()),
          "Hello from the simulator. You said: hi");
    }
    EXPECT_EQ(claude("hi", coding + "=1").header("content-encoding"), "");
  }
}

TEST_F(WireFaults, ACodedEventCanBeReadAsSoonAsItsChunkCame) {
  const Response response = claude("hi", "gzip=1 events=2", true, {{"accept-encoding", "gzip"}});
  std::string wire;
  for (std::size_t i = 0; i < 3; ++i) wire += response.chunks[i];
  EXPECT_EQ(claude_text(decoded(wire, "gzip")), "w1 ");
}

TEST_F(WireFaults, SplitAndChunkChangeNothingOfTheText) {
  const std::string text = claude_text(claude_stream("hi", "utf8=1").body);
  EXPECT_NE(text.find("世界"), std::string::npos);
  for (const char* faults :
       {"split=1 utf8=1", "split=3 chunk=2 utf8=1", "chunk=1 utf8=1", "split=7 utf8=1"}) {
    const Response stream = claude_stream("hi", faults);
    EXPECT_TRUE(stream.whole) << faults;
    EXPECT_EQ(claude_text(stream.body), text) << faults;
  }
  EXPECT_EQ(claude_stream("hi", "chunk=1").chunks.front(), "e");
  EXPECT_EQ(claude("hi", "chunked=1").header("transfer-encoding"), "chunked");
}

TEST_F(WireFaults, LineEndsCommentsAndPingsAreAsAskedFor) {
  const Response crlf = claude_stream("hi", "crlf=1 comment=1 ping=1 events=2");
  EXPECT_NE(crlf.body.find("event: message_start\r\ndata: "), std::string::npos);
  EXPECT_NE(crlf.body.find(": simulator\r\n\r\nevent: ping\r\ndata: {\"type\": \"ping\"}\r\n\r\n"),
            std::string::npos);
  EXPECT_EQ(claude_text(crlf.body), "w1 w2 ");
  const Response lf = gemini("hi", "streamGenerateContent?alt=sse", "crlf=0 comment=1");
  EXPECT_EQ(lf.body.find('\r'), std::string::npos);
  EXPECT_NE(lf.body.find(": simulator\n\n"), std::string::npos);
}

TEST_F(WireFaults, EventsAreAsManyAndAsLargeAsAskedFor) {
  const Response response = claude_stream("hi", "events=10000 event-bytes=1");
  EXPECT_EQ(claude_text(response.body), std::string(10000, 'x'));
  const Response large = claude_stream("hi", "events=2 event-bytes=1048576");
  EXPECT_EQ(claude_text(large.body).size(), 2u << 20);
  EXPECT_EQ(parsed(claude("hi", "events=5").body).at("usage").at("output_tokens"), 5);
  EXPECT_EQ(claude("hi", "events=1000000 event-bytes=1000").status, 400);
}

TEST_F(WireFaults, ACloseDelimitedAnswerHasNoLength) {
  for (const bool stream : {false, true}) {
    const Response response = claude("hi", "close-delimited=1", stream);
    EXPECT_EQ(response.header("content-length"), "");
    EXPECT_EQ(response.header("transfer-encoding"), "");
    EXPECT_EQ(response.header("connection"), "close");
    EXPECT_NE(response.body.find("Hello"), std::string::npos);
  }
}

TEST_F(WireFaults, AnEarlyAnswerComesBeforeTheBody) {
  TestClient client(simulator->address());
  client.send(
      "POST /v1/messages HTTP/1.1\r\nHost: s\r\nx-api-key: k\r\nx-simulator: early=413\r\n"
      "Content-Length: 1000000\r\n\r\nthe beginning");
  const Response response = client.receive();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(parsed(response.body).at("error").at("type"), "request_too_large");
  EXPECT_EQ(response.header("connection"), "close");
}

TEST_F(WireFaults, AnEarlyGoodAnswerComesBeforeTheBodyToo) {
  TestClient client(simulator->address());
  client.send(
      "POST /v1/messages HTTP/1.1\r\nHost: s\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
      "x-simulator: early=200 events=2\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_EQ(claude_text(client.receive().body), "w1 w2 ");
}

TEST_F(WireFaults, EchoTellsWhatArrived) {
  const std::string body = messages_body("hi", false);
  const Response response = claude("hi", "echo=headers", false, {{"X-Odd", "Value"}});
  const json::value echo = parsed(parsed(response.body).at("content").at(0).at("text").as_string());
  EXPECT_EQ(echo.at("method"), "POST");
  EXPECT_EQ(echo.at("target"), "/v1/messages");
  EXPECT_EQ(echo.at("body_length"), static_cast<std::int64_t>(body.size()));
  EXPECT_EQ(echo.at("body_sha256"), json::value(sha256_hex(body)));
  const std::string headers = json::serialize(echo.at("headers"));
  EXPECT_NE(headers.find(R"(["X-Odd","Value"])"), std::string::npos);
  EXPECT_NE(headers.find(R"(["x-api-key","present:)"), std::string::npos);
  EXPECT_EQ(headers.find("sim-key"), std::string::npos);
}

TEST_F(WireFaults, HeadsCanBeMalformedInSeveralWays) {
  const auto head = [this](const std::string& fault) {
    TestClient client(simulator->address());
    client.send(request_text(fault, messages_body("hi", false)));
    client.receive_until("\r\n\r\n");
    return client.received();
  };
  EXPECT_TRUE(head("malformed-head=1").starts_with("HTTP/1.1 TWO-HUNDRED\r\n"));
  EXPECT_NE(head("malformed-head=two-lengths").find("content-length: 1\r\ncontent-length: 2\r\n"),
            std::string::npos);
  EXPECT_NE(head("malformed-head=length-and-chunked").find("transfer-encoding: chunked"), std::string::npos);
  EXPECT_NE(head("malformed-head=bad-header").find("no colon"), std::string::npos);
  EXPECT_NE(head("malformed-head=bad-length").find("content-length: twelve"), std::string::npos);
}

TEST_F(WireFaults, HeadsCanBeBig) {
  EXPECT_EQ(claude("hi", "big-head=100000").header("x-big").size(), 100'000u);
  EXPECT_GT(claude("hi", "many-headers=500").headers.size(), 500u);
}

TEST_F(WireFaults, AnInformationalHeadComesFirst) {
  const Response response = claude("hi", "informational=1");
  EXPECT_EQ(response.informational, std::vector<int>{103});
  EXPECT_EQ(response.status, 200);
}

TEST_F(WireFaults, AConnectionServesOneRequestAfterTheOther) {
  TestClient client(simulator->address());
  for (int i = 0; i < 3; ++i) {
    client.send(request_text("crlf=0", messages_body("hi", i == 1)));
    EXPECT_TRUE(client.receive().whole);
  }
  EXPECT_EQ(log().back().at("connection"), log().front().at("connection"));
}

TEST_F(WireFaults, PipelinedRequestsAreAnsweredInOrder) {
  TestClient client(simulator->address());
  const std::string body = messages_body("hi", false);
  client.send(request_text("events=1", body) + request_text("events=2", body));
  EXPECT_EQ(parsed(client.receive().body).at("usage").at("output_tokens"), 1);
  EXPECT_EQ(parsed(client.receive().body).at("usage").at("output_tokens"), 2);
}

TEST_F(WireFaults, KeepaliveCanBeRefusedOrBroken) {
  const std::string body = messages_body("hi", false);
  TestClient refused(simulator->address());
  refused.send(request_text("keepalive=0", body));
  EXPECT_EQ(refused.receive().header("connection"), "close");
  EXPECT_TRUE(refused.at_end());
  TestClient dropped(simulator->address());
  dropped.send(request_text("keepalive=drop", body));
  EXPECT_EQ(dropped.receive().header("connection"), "");
  EXPECT_TRUE(dropped.at_end());
  TestClient later(simulator->address());
  later.send(request_text("keepalive=drop-next", body));
  EXPECT_EQ(later.receive().status, 200);
  later.send(request_text("events=1", body));
  EXPECT_EQ(later.receive().status, 0);
}

TEST_F(WireFaults, AskedToItContinuesBeforeTheBody) {
  TestClient client(simulator->address());
  const std::string body = messages_body("hi", false);
  const std::string whole = request_text("events=1", body, "Expect: 100-continue\r\n");
  client.send(whole.substr(0, whole.size() - body.size()));
  ASSERT_TRUE(client.receive_until("100 Continue\r\n\r\n"));
  client.send(body);
  const Response response = client.receive();
  EXPECT_EQ(response.informational, std::vector<int>{100});
  EXPECT_EQ(response.status, 200);
}

TEST_F(WireFaults, ChunkedRequestBodiesAreRead) {
  TestClient client(simulator->address());
  const std::string body = messages_body("hi", false);
  client.send(
      "POST /v1/messages HTTP/1.1\r\nHost: s\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  for (const char c : body) client.send(std::string("1;odd=\"extension\"\r\n") + c + "\r\n");
  client.send("0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(last_logged().at("body_sha256"), json::value(sha256_hex(body)));
}

TEST_F(WireFaults, BrokenRequestsAreRefusedAndTheNextClientIsServed) {
  for (const char* wrong :
       {"GET / HTTP/1.1\nHost: s\n\n", "GET / HTTP/1.1\r\n\r\n", "nonsense\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    TestClient client(simulator->address());
    client.send(wrong);
    const Response response = client.receive();
    EXPECT_EQ(response.status, 400) << wrong;
    EXPECT_EQ(response.header("connection"), "close");
  }
  EXPECT_EQ(claude("hi").status, 200);
}

TEST_F(WireFaults, AnHttp10ClientGetsNoChunks) {
  TestClient client(simulator->address());
  const std::string body = messages_body("hi", true);
  client.send(
      "POST /v1/messages HTTP/1.0\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  const Response response = client.receive();
  EXPECT_EQ(response.header("transfer-encoding"), "");
  EXPECT_EQ(claude_text(response.body), "Hello from the simulator. You said: hi");
}

}  // namespace
}  // namespace moongate::sim
