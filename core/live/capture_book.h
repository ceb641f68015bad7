// Whose bodies are kept, until when, and those that were kept. In memory only: nothing of it outlives the process.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "proxy/request_watch.h"

namespace moongate {

// Thread-safe. While nobody's bodies are kept, asking costs one atomic load.
class CaptureBook {
 public:
  struct Capture {
    std::string client;
    std::string actor;                // who asked for it
    std::int64_t until_ms = 0;        // unix
    std::size_t max_bytes = 0;        // of each body
    std::size_t captured = 0;         // requests so far
  };
  CaptureBook(const Clock& clock, std::size_t most_requests, std::size_t most_bytes)
      : clock_(clock), most_requests_(most_requests), most_bytes_(most_bytes) {}

  // `max_bytes` 0, or more than may be: as much as may be.
  Capture begin(const std::string& client, const std::string& actor, int minutes, std::size_t max_bytes);
  // False: there was none. What was kept goes, too.
  bool end(const std::string& client);
  std::vector<Capture> running() const;

  // How much is to be kept; 0: nothing.
  std::size_t wanted(std::string_view client) const;
  void keep(std::string_view request_id, std::string_view client, CapturedBodies bodies);
  std::optional<CapturedBodies> find(std::string_view request_id) const;
  std::size_t most_bytes() const { return most_bytes_; }

 private:
  struct Kept {
    std::string request_id, client;
    CapturedBodies bodies;
  };

  const Clock& clock_;
  const std::size_t most_requests_;
  const std::size_t most_bytes_;
  std::atomic<int> active_{0};
  mutable std::mutex mutex_;  // guards the rest
  std::map<std::string, Capture, std::less<>> captures_;
  std::deque<Kept> kept_;  // the oldest first
};

}  // namespace moongate
