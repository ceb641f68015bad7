// What came in, for tests to look at: the last requests as JSON lines, without credentials and bodies.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "simulator/request.h"

namespace moongate::sim {

class RequestLog {
 public:
  static constexpr std::size_t kMost = 10'000;

  // Notes a request when its head has come; the number is for finish().
  std::uint64_t begin(const Request& request, std::uint64_t connection);
  // Its body has come (`whole`: to its end).
  void body(std::uint64_t number, const std::string& bytes, bool whole);
  // status 0: no head was sent. client_left_after_ms -1: the client stayed. completed: everything that the
  // request's faults allow was sent.
  struct Outcome {
    int status = 0;
    std::int64_t client_left_after_ms = -1;
    bool completed = false;
  };
  void finish(std::uint64_t number, const Outcome& outcome);

  // One JSON object a line, oldest first, only those after request number `after`.
  std::string lines(std::uint64_t after = 0) const;
  void clear() { entries_.clear(); }
  std::uint64_t count() const { return count_; }
  void reset_count() { count_base_ = count_; }
  std::uint64_t count_since_reset() const { return count_ - count_base_; }

 private:
  struct Entry {
    std::uint64_t number = 0, connection = 0;
    std::string method, target, body_sha256;
    HeaderList headers;  // masked
    std::size_t body_length = 0;
    bool body_complete = false, finished = false;
    Outcome outcome;
  };
  Entry* find(std::uint64_t number);

  std::deque<Entry> entries_;
  std::uint64_t count_ = 0, count_base_ = 0;
};

}  // namespace moongate::sim
