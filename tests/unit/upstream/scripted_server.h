// An HTTP server on a free port of the loopback, in a thread, that says what the test has written down.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "config/map.h"
#include "net/address.h"

namespace moongate {

struct Scripted {
  std::string bytes;   // sent as they are; none: silence
  bool close = false;  // afterwards
};

inline Scripted answer(std::string_view body, int status = 200, std::string_view fields = "") {
  return {"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n" + std::string(fields) + "\r\n" + std::string(body),
          false};
}

class ScriptedServer {
 public:
  // Called on the server's thread with each whole request and its number, from 1 on.
  using Script = std::function<Scripted(const std::string& request, int number)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    const int fd = listen_on(parse_address("127.0.0.1:0").value(), 64, false, "test").value();
    port_ = local_address(fd).port();
    stop_ = eventfd(0, EFD_CLOEXEC);
    polled_ = {{stop_, POLLIN, 0}, {fd, POLLIN, 0}};
    received_.resize(2);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedServer() {
    const std::uint64_t one = 1;
    (void)!write(stop_, &one, sizeof one);
    thread_.join();
    for (const pollfd& each : polled_) close(each.fd);
  }
  ScriptedServer(const ScriptedServer&) = delete;

  Endpoint endpoint() const { return {"127.0.0.1", port_, false, ""}; }
  int connections() const { return count(connections_); }
  int requests() const { return count(requests_); }
  std::string last_request() const {
    const std::lock_guard lock(mutex_);
    return last_request_;
  }

 private:
  int count(const int& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  void serve() {
    for (;;) {
      poll(polled_.data(), polled_.size(), -1);
      if (polled_[0].revents != 0) return;
      if (polled_[1].revents != 0) {
        const int fd = accept4(polled_[1].fd, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) {
          polled_.push_back({fd, POLLIN, 0});
          received_.emplace_back();
          const std::lock_guard lock(mutex_);
          ++connections_;
        }
      }
      for (std::size_t i = 2; i < polled_.size();) {
        if (polled_[i].revents == 0 || take(polled_[i].fd, received_[i])) {
          ++i;
          continue;
        }
        close(polled_[i].fd);
        polled_.erase(polled_.begin() + static_cast<std::ptrdiff_t>(i));
        received_.erase(received_.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }

  // False: the connection is to be closed.
  bool take(int fd, std::string& received) {
    char bytes[4096];
    const ssize_t n = read(fd, bytes, sizeof bytes);
    if (n <= 0) return false;
    received.append(bytes, static_cast<std::size_t>(n));
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    const std::size_t length = received.find("Content-Length: ");
    const std::size_t body = length < end ? std::stoul(received.substr(length + 16)) : 0;
    if (received.size() < end + 4 + body) return true;
    const std::string request = received.substr(0, end + 4 + body);
    received.erase(0, request.size());
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = ++requests_;
      last_request_ = request;
    }
    const Scripted said = script_(request, number);
    std::string_view rest = said.bytes;
    while (!rest.empty()) {
      const ssize_t sent = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return !said.close;
  }

  const Script script_;
  int port_ = 0;
  int stop_ = -1;
  std::vector<pollfd> polled_;
  std::vector<std::string> received_;
  mutable std::mutex mutex_;
  int connections_ = 0;
  int requests_ = 0;
  std::string last_request_;
  std::thread thread_;
};

}  // namespace moongate
