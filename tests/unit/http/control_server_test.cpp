#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <future>

#include "control_port.h"

namespace moongate {
namespace {

TEST_F(ControlPort, AnswersOneRequestAfterTheOtherOnAConnection) {
  serve(echo);
  auto caller = call();
  EXPECT_NE(caller->say("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n").until("from 127.0.0.1.").find("GET /a?b=c [] stranger"),
            std::string::npos);
  EXPECT_NE(caller->say("POST /d HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody").until("from 127.0.0.1.").find("POST /d? [body]"),
            std::string::npos);
}

TEST_F(ControlPort, ABodyBeyondTheLimitIsRefusedAndTheConnectionEnds) {
  ControlServer::Options options;
  options.max_body_bytes = 8;
  serve(echo, options);
  const std::string answer = call()->say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123456789").until("<end>");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_TRUE(answer.ends_with("<end>")) << answer;
}

TEST_F(ControlPort, WhatIsNoHttpIsToldSo) {
  serve(echo);
  const std::string answer = call()->say("nonsense\r\n\r\n").until("<end>");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
}

TEST_F(ControlPort, AHandlerThatThrowsIsA500AndALineInTheLog) {
  serve([](const HttpRequest&) -> HttpResponse { throw std::runtime_error("no luck"); });
  EXPECT_TRUE(call()->say("GET / HTTP/1.1\r\nHost: x\r\n\r\n").until("log says more").starts_with("HTTP/1.1 500 "));
  EXPECT_NE(sink.text().find("no luck"), std::string::npos);
}

TEST_F(ControlPort, MoreWaitingRequestsThanAllowedAreRefusedAtOnce) {
  std::promise<void> arrived, go;
  std::shared_future<void> gone = go.get_future().share();
  ControlServer::Options options;
  options.handler_threads = 1;
  options.max_queued = 1;
  serve([&](const HttpRequest& request) {
    if (request.path == "/slow") {
      arrived.set_value();
      gone.wait();
    }
    return echo(request);
  }, options);
  auto slow = call();
  slow->say("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  arrived.get_future().wait();
  EXPECT_TRUE(call()->say("GET / HTTP/1.1\r\nHost: x\r\n\r\n").until("shortly").starts_with("HTTP/1.1 503 "));
  go.set_value();
  EXPECT_TRUE(slow->until("from 127.0.0.1.").starts_with("HTTP/1.1 200 "));
}

TEST_F(ControlPort, AHeaderOfTheHandlerCannotSplitTheAnswer) {
  serve([](const HttpRequest&) {
    HttpResponse answer = HttpResponse::text(200, "done.");
    answer.headers.emplace_back("X-Evil", "a\r\nSet-Cookie: b=c");
    return answer;
  });
  EXPECT_EQ(call()->say("GET / HTTP/1.1\r\nHost: x\r\n\r\n").until("done.").find("Set-Cookie"), std::string::npos);
}

TEST_F(ControlPort, TheLocalSocketIsForItsOwnerOnlyAndTrustsThem) {
  serve(echo, {}, true);
  struct stat there{};
  ASSERT_EQ(stat(path().c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0600U);
  const std::string answer = call_locally()->say("GET /x HTTP/1.1\r\nHost: x\r\n\r\n").until("user " + std::to_string(geteuid()) + ".");
  EXPECT_NE(answer.find("trusted from local, user " + std::to_string(geteuid())), std::string::npos) << answer;
  EXPECT_NE(call()->say("GET /x HTTP/1.1\r\nHost: x\r\n\r\n").until("from 127.0.0.1.").find("stranger"), std::string::npos);
}

TEST_F(ControlPort, ALocalSocketThatAProcessLeftBehindIsTakenOver) {
  ::close(listen_local(path()).value());
  ASSERT_TRUE(std::filesystem::exists(path()));
  const Result<int> again = listen_local(path());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(listen_local(path()).error().kind, ErrorKind::kConnect);
  ::close(*again);
}

TEST_F(ControlPort, AFileInThePlaceOfTheLocalSocketIsLeftAlone) {
  const int fd = ::open(path().c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_GE(fd, 0);
  ::close(fd);
  EXPECT_EQ(connect_local(path()).error().kind, ErrorKind::kNotFound);
  EXPECT_NE(listen_local(path()).error().message.find("is no socket"), std::string::npos);
}

TEST_F(ControlPort, ALocalSocketMayLieDeepDown) {
  std::filesystem::path deep = directory;
  for (int i = 0; i < 20; ++i) deep /= "a-folder-with-a-long-name";
  std::filesystem::create_directories(deep);
  const Result<int> listening = listen_local((deep / "admin.sock").string());
  ASSERT_TRUE(listening.ok()) << listening.error().describe();
  const Result<int> connected = connect_local((deep / "admin.sock").string());
  ASSERT_TRUE(connected.ok()) << connected.error().describe();
  EXPECT_EQ(local_peer(*connected), geteuid());
  ::close(*connected);
  ::close(*listening);
}

}  // namespace
}  // namespace moongate
