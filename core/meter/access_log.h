// One line of JSON for each exchange.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/log.h"
#include "meter/outcome.h"
#include "protocol/api.h"
#include "protocol/usage.h"

namespace moongate {

// What a line tells; docs/metrics.md lists the fields. Views need to live only during write(). Never put a query, a
// credential or a body here.
struct AccessRecord {
  std::int64_t unix_ns = 0;         // when it ended
  std::string_view request_id;
  std::string_view client;          // id, not credential; empty: nobody was authenticated
  std::string_view client_address;
  std::string_view account;
  std::string_view provider;        // empty: no route was chosen
  std::string_view dialect;
  std::string_view operation;
  std::string_view method;
  std::string_view path;            // what follows a '?' is cut off all the same
  std::string_view model;           // the caller's name
  std::string_view upstream_model;  // shown where it differs
  int status = 0;                   // what the client got; 0: nothing
  int upstream_status = 0;          // 0: none came
  Outcome outcome = Outcome::kPending;
  int attempts = 0;
  bool stream = false;
  Usage usage;
  bool usage_estimated = false;     // counted by us, not reported by the upstream
  std::int64_t ttfb_us = -1;        // to the first byte for the client; negative: none went out
  std::int64_t duration_us = 0;
  std::uint64_t bytes_in = 0;       // payload of the request
  std::uint64_t bytes_out = 0;      // payload of the answer
  std::string_view error;           // why it did not end well, for the operator
};

// One per worker. Lines are collected and handed to the sink by the batch: when 64 KiB have come together, and by
// flush(). Whatever the record holds, a line is one line of valid JSON in valid UTF-8; a text longer than 512 bytes
// is cut and ends in "…".
class AccessLog {
 public:
  // `sink` must outlive it.
  explicit AccessLog(LineSink& sink) : sink_(sink) {}
  ~AccessLog() { flush(); }
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Allocates nothing once the batch has been filled for the first time. Never blocks: a sink that is full drops.
  void write(const AccessRecord& record);
  // Hands over what has been collected. The worker calls it ten times a second.
  void flush();

 private:
  LineSink& sink_;
  std::string batch_;
  std::int64_t second_ = -1;  // the second that prefix_ is for
  char prefix_[32] = {};      // its time up to the point
};

}  // namespace moongate
