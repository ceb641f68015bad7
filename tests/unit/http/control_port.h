// A control server and callers of it, as bytes.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "http/control_server.h"
#include "net/address.h"
#include "net/local_socket.h"

namespace moongate {

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
  // The client's half of the connection ends.
  Caller& leave() {
    shutdown(fd_, SHUT_RDWR);
    return *this;
  }
  // So many bytes, or fewer when the connection ends.
  std::string bytes(std::size_t count) {
    std::string text(count, 0);
    std::size_t have = 0;
    while (have < count) {
      const ssize_t n = recv(fd_, text.data() + have, count - have, 0);
      if (n <= 0) break;
      have += static_cast<std::size_t>(n);
    }
    text.resize(have);
    return text;
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

}  // namespace moongate
