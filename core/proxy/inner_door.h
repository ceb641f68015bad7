// The process's own way to its data port: a connection that no other process can make, on which the gateway believes
// whoever opened it about the caller's address. Everything else is as for any client.
#pragma once

#include <atomic>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moongate {

class Worker;

class InnerDoor {
 public:
  // The workers in turn; they must outlive it.
  explicit InnerDoor(std::vector<Worker*> workers) : workers_(std::move(workers)) {}

  // A connected, blocking socket, the caller's to close; from here on an HTTP/1.1 connection. `address`: as
  // HttpRequest::remote_address has it; what is no IP address counts as this machine. Thread-safe. kUnavailable.
  Result<int> open(std::string_view address, bool tls);
  // Nothing opens any more; open connections live on.
  void shut() { shut_.store(true); }
  bool is_shut() const { return shut_.load(); }

 private:
  std::vector<Worker*> workers_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> shut_{false};
};

}  // namespace moongate
