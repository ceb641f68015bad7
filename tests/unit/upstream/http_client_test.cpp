#include "upstream/http_client.h"

#include "unit/net/loop.h"
#include "unit/upstream/scripted_server.h"

namespace moongate {
namespace {

TEST(ParseUrl, GivesEndpointAndTarget) {
  Endpoint endpoint;
  std::string target;
  ASSERT_TRUE(parse_url("https://Oauth2.Example/token?a=b#part", endpoint, target));
  EXPECT_EQ(endpoint, (Endpoint{"oauth2.example", 443, true, ""}));
  EXPECT_EQ(target, "/token?a=b");
  ASSERT_TRUE(parse_url("http://127.0.0.1:8080", endpoint, target));
  EXPECT_EQ(endpoint, (Endpoint{"127.0.0.1", 8080, false, ""}));
  EXPECT_EQ(target, "/");
  ASSERT_TRUE(parse_url("http://a?q", endpoint, target));
  EXPECT_EQ(target, "/?q");
}

TEST(ParseUrl, RefusesWhatCouldReshapeARequest) {
  Endpoint endpoint;
  std::string target;
  for (const char* url : {"", "a", "a/b", "ftp://a/", "http://", "http:///x", "http://u:p@a/", "http://a/ b",
                          "http://a/\r\nX: y", "http://a:99999/", "http://a/\x7F", "//a/b"}) {
    const Status status = parse_url(url, endpoint, target);
    ASSERT_FALSE(status) << url;
    EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
  }
  EXPECT_TRUE(parse_url("http://a/@b", endpoint, target)) << "behind the host it is a character like others";
}

class FetchTest : public testing::Test {
 protected:
  void serve(ScriptedServer::Script script) { server_ = std::make_unique<ScriptedServer>(std::move(script)); }
  void serve(std::string bytes, bool close = false) {
    serve([said = Scripted{std::move(bytes), close}](const std::string&, int) { return said; });
  }
  FetchRequest request(std::string target = "/x") const {
    FetchRequest made;
    made.endpoint = server_->endpoint();
    made.target = std::move(target);
    return made;
  }
  Result<FetchResponse> get() { return loop_.run(fetch(loop_.reactor, pool_, request())); }
  ErrorKind failure() {
    const auto response = get();
    EXPECT_FALSE(response);
    return response ? ErrorKind::kInternal : response.error().kind;
  }

  ManualClock clock_;
  Loop loop_{clock_};
  Resolver resolver_{clock_, 30'000, 0};
  ConnectionPool pool_{loop_.reactor, resolver_, {}};
  std::unique_ptr<ScriptedServer> server_;
};

TEST_F(FetchTest, SendsTheRequestAndGivesTheAnswer) {
  serve([](const std::string&, int) { return answer("hello", 418, "X-A: 1\r\n"); });
  FetchRequest post = request("/t?q");
  post.method = "POST";
  post.headers = {{"X-B", "2"}};
  post.body = "abc";
  const auto response = loop_.run(fetch(loop_.reactor, pool_, post));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 418);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->headers.at(1), (std::pair<std::string, std::string>("X-A", "1")));
  EXPECT_EQ(server_->last_request(), "POST /t?q HTTP/1.1\r\nHost: " + server_->endpoint().authority() +
                                         "\r\nX-B: 2\r\nContent-Length: 3\r\n\r\nabc");
}

TEST_F(FetchTest, KeepsTheConnection) {
  serve([](const std::string&, int number) { return answer(std::to_string(number)); });
  EXPECT_EQ(get()->body, "1");
  EXPECT_EQ(pool_.idle_count(), 1u);
  EXPECT_EQ(get()->body, "2");
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(FetchTest, PutsChunksTogether) {
  serve("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n1\r\n!\r\n0\r\nT: 1\r\n\r\n");
  EXPECT_EQ(get()->body, "hello!");
  EXPECT_EQ(pool_.idle_count(), 1u);
}

TEST_F(FetchTest, TakesABodyThatTheCloseEnds) {
  serve("HTTP/1.1 200 OK\r\n\r\nhello", true);
  EXPECT_EQ(get()->body, "hello");
  EXPECT_EQ(pool_.idle_count(), 0u);
}

TEST_F(FetchTest, SkipsInterimAnswers) {
  serve(
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "
      "OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(get()->body, "ok");
}

TEST_F(FetchTest, DoesNotKeepAConnectionThatSaidMoreThanItsAnswer) {
  serve("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  EXPECT_EQ(get()->body, "ok");
  EXPECT_EQ(pool_.idle_count(), 0u);
}

TEST_F(FetchTest, DoesNotKeepWhatTheServerMeansToClose) {
  serve("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(get()->body, "ok");
  EXPECT_EQ(pool_.idle_count(), 0u);
}

TEST_F(FetchTest, AnAnswerThatIsTooLargeFails) {
  serve(answer(std::string(2000, 'x')).bytes);
  FetchRequest small = request();
  small.max_bytes = 1999;
  const auto response = loop_.run(fetch(loop_.reactor, pool_, small));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kTooLarge);
  small.max_bytes = 2000;
  EXPECT_TRUE(loop_.run(fetch(loop_.reactor, pool_, small)));
}

TEST_F(FetchTest, AnAnswerThatIsCutFails) {
  serve("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", true);
  EXPECT_EQ(failure(), ErrorKind::kClosed);
  EXPECT_EQ(server_->requests(), 1) << "what may have had an effect is not sent twice";
}

TEST_F(FetchTest, AnAnswerThatBreaksTheRulesFails) {
  serve("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n");
  EXPECT_EQ(failure(), ErrorKind::kProtocol);
  serve("220 smtp ready\r\n\r\n");
  EXPECT_EQ(failure(), ErrorKind::kProtocol);
}

TEST_F(FetchTest, NobodyListeningIsAConnectFailure) {
  Endpoint gone;
  {
    const ScriptedServer server([](const std::string&, int) { return answer(""); });
    gone = server.endpoint();
  }
  FetchRequest made;
  made.endpoint = gone;
  const auto response = loop_.run(fetch(loop_.reactor, pool_, made));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kConnect);
}

TEST_F(FetchTest, SilenceTimesOut) {
  serve("");
  std::optional<ErrorKind> kind;
  const auto body = [](Reactor& reactor, ConnectionPool& pool, FetchRequest made,
                       std::optional<ErrorKind>& out) -> Task<void> {
    const auto response = co_await fetch(reactor, pool, std::move(made));
    if (!response) out = response.error().kind;
  };
  spawn(body(loop_.reactor, pool_, request(), kind));
  ASSERT_TRUE(loop_.until([&] { return server_->requests() == 1; }));
  EXPECT_FALSE(kind);
  clock_.advance_ms(11'000);
  ASSERT_TRUE(loop_.until([&] { return kind.has_value(); }));
  EXPECT_EQ(kind, ErrorKind::kTimeout);
}

TEST_F(FetchTest, AStaleKeptConnectionIsReplacedOnce) {
  serve([](const std::string&, int number) {
    // The second request finds the connection closed before a byte of an answer.
    return number == 2 ? Scripted{"", true} : answer(std::to_string(number));
  });
  EXPECT_EQ(get()->body, "1");
  EXPECT_EQ(get()->body, "3");
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(FetchTest, AFreshConnectionThatClosesIsNotReplaced) {
  serve([](const std::string&, int number) { return number == 1 ? answer("1") : Scripted{"", true}; });
  EXPECT_EQ(get()->body, "1");
  EXPECT_EQ(failure(), ErrorKind::kClosed);
  EXPECT_EQ(server_->requests(), 3);
  EXPECT_EQ(failure(), ErrorKind::kClosed);
  EXPECT_EQ(server_->requests(), 4);
}

}  // namespace
}  // namespace moongate
