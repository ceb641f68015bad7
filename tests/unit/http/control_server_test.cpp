#include "http/control_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>

#include "net/address.h"
#include "net/local_socket.h"

namespace moongate {
namespace {

// A blocking client that says bytes and reads what comes.
class Caller {
 public:
  explicit Caller(int fd) : fd_(fd) {
    const timeval patience{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Caller() { ::close(fd_); }
  Caller(const Caller&) = delete;

  Caller& say(std::string_view bytes) {
    EXPECT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    return *this;
  }
  // Until `end` has come, or the connection ends.
  std::string until(std::string_view end) {
    std::string text;
    char piece[4096];
    while (text.find(end) == text.npos) {
      const ssize_t n = recv(fd_, piece, sizeof piece, 0);
      if (n <= 0) return text + (n == 0 ? "<end>" : "<nothing>");
      text.append(piece, static_cast<std::size_t>(n));
    }
    return text;
  }

 private:
  int fd_;
};

struct ControlPort : testing::Test {
  ControlPort() {
    std::string name = (std::filesystem::temp_directory_path() / "moongate-test-XXXXXX").string();
    directory = mkdtemp(name.data());
  }
  ~ControlPort() override {
    server.reset();
    std::filesystem::remove_all(directory);
  }

  void serve(HttpHandler handler, ControlServer::Options options = {}, bool local = false) {
    options.listener = listen_on(parse_address("127.0.0.1:0").value(), 64, false, "test").value();
    address = local_address(options.listener);
    if (local) options.local_listener = listen_local(path()).value();
    auto started = ControlServer::start(options, std::move(handler), log);
    ASSERT_TRUE(started.ok());
    server = std::move(*started);
  }
  std::string path() const { return (directory / "admin.sock").string(); }

  std::unique_ptr<Caller> call() const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size), 0);
    return std::make_unique<Caller>(fd);
  }
  std::unique_ptr<Caller> call_locally() const { return std::make_unique<Caller>(connect_local(path()).value()); }

  static HttpResponse echo(const HttpRequest& request) {
    return HttpResponse::text(200, request.method + " " + request.path + "?" + request.query + " [" + request.body + "] " +
                                       (request.trusted ? "trusted" : "stranger") + " from " + request.remote_address + ".");
  }

  ManualClock clock;
  MemorySink sink;
  Logger log{sink, clock, LogLevel::kInfo};
  std::filesystem::path directory;
  Address address;
  std::unique_ptr<ControlServer> server;
};

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
