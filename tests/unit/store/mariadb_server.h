// A MariaDB server of the tests' own: in a temporary folder, on a free port of the loopback, with TLS.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "store/store.h"

namespace moongate {

class MariadbServer {
 public:
  // Makes the data folder and starts the server. Throws std::runtime_error when that cannot be done; where it
  // is not installed, the message says how to install it.
  MariadbServer();
  ~MariadbServer();
  MariadbServer(const MariadbServer&) = delete;
  MariadbServer& operator=(const MariadbServer&) = delete;

  // The one that all tests of this process share; started by the first that asks.
  static MariadbServer& shared();

  // A new, empty database; its URL.
  std::string new_database();
  std::string url(const std::string& database, const std::string& host = "127.0.0.1") const;
  std::string socket_url(const std::string& database) const;
  // An empty store. All share a database, since making its tables takes seconds: close one before asking for
  // the next.
  std::unique_ptr<Store> new_store();

  void kill();   // at once, as a power failure would
  void start();  // again, with the same port and data

  int port() const { return port_; }
  std::filesystem::path ca_file() const {
    return directory_ / "ca.pem";
  }  // signed the server's certificate, for "localhost"
  std::filesystem::path other_ca_file() const { return directory_ / "other.pem"; }

 private:
  void make_certificates();
  void empty(const std::string& database);

  std::filesystem::path directory_;
  int port_ = 0;
  pid_t pid_ = -1;
  int next_database_ = 0;
  std::string contract_database_;
  std::thread drain_;  // reads what the server writes to its log
};

}  // namespace moongate
