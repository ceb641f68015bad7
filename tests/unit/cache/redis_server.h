// A real redis-server of a test's own: free port, unix socket in a temporary directory, ended with the test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace moongate {

class RedisServer {
 public:
  RedisServer() = default;
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // Starts it with these options besides ("--requirepass", "x"); waits until it takes connections. Empty, or what went
  // wrong. Again after kill(): on the same port and socket, with nothing in it.
  std::string start(const std::vector<std::string>& options = {});
  // Without warning (SIGKILL), and waits for its end.
  void kill();

  int port() const { return port_; }
  int tls_port() const { return tls_port_; }
  std::string socket() const { return directory_ + "/redis.sock"; }
  const std::string& directory() const { return directory_; }
  std::string tcp_url(const std::string& credentials = "", int database = 0) const {
    return "redis://" + credentials + "127.0.0.1:" + std::to_string(port_) + "/" + std::to_string(database);
  }
  std::string unix_url(int database = 0) const {
    return "redis+unix://" + socket() + "?db=" + std::to_string(database);
  }

  // Makes ca.pem (which signed itself, for 127.0.0.1) and key.pem in the directory, and serves TLS with them when started
  // afterwards. Empty, or what went wrong.
  std::string prepare_tls();

 private:
  std::string make_directory();
  std::string directory_;
  int port_ = 0;
  int tls_port_ = 0;
  bool with_tls_ = false;
  pid_t pid_ = -1;
};

}  // namespace moongate
