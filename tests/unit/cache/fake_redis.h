// The other end of a connection to Redis, played by the test byte for byte.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "net/address.h"

namespace moongate {

class FakeRedis {
 public:
  FakeRedis() {
    auto listening = listen_on(*parse_address("127.0.0.1:0"), 16, false, "the test");
    EXPECT_TRUE(listening.ok());
    listener_ = *listening;
  }
  ~FakeRedis() {
    hang_up();
    ::close(listener_);
  }
  FakeRedis(const FakeRedis&) = delete;
  FakeRedis& operator=(const FakeRedis&) = delete;

  int port() const { return local_address(listener_).port(); }

  // Takes the next connection, in place of the one before. False: nobody knocks.
  bool accept() {
    Address peer;
    const int fd = accept_on(listener_, peer);
    if (fd < 0) return false;
    hang_up();
    connection_ = fd;
    return true;
  }
  // What has come by now.
  std::string received() {
    std::string all;
    char bytes[65536];
    for (ssize_t n = 0; (n = ::recv(connection_, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;) {
      all.append(bytes, static_cast<std::size_t>(n));
    }
    return all;
  }
  void say(std::string_view bytes) {
    EXPECT_EQ(::send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  bool connected() const { return connection_ >= 0; }
  void hang_up() {
    if (connection_ >= 0) ::close(connection_);
    connection_ = -1;
  }

 private:
  int listener_ = -1;
  int connection_ = -1;
};

}  // namespace moongate
