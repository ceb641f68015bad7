// The last finished requests, newest first, in a bounded memory.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "live/live_record.h"

namespace moongate {

// Thread-safe. Keeps whole batches as workers handed them over: nothing is unpacked until somebody asks.
class RecentRequests {
 public:
  // At least the last `keep`, as long as they fit into `max_bytes`.
  RecentRequests(std::size_t keep, std::size_t max_bytes) : keep_(keep), max_bytes_(max_bytes) {}

  void add(std::shared_ptr<const std::string> batch);
  std::optional<LiveRequest> find(std::string_view id) const;
  // From the newest on, until `take` says no more.
  void walk(const std::function<bool(const LiveRequest&)>& take) const;

 private:
  struct Batch {
    std::shared_ptr<const std::string> bytes;
    std::size_t requests = 0;
  };
  std::deque<Batch> batches() const;

  const std::size_t keep_;
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;  // guards the rest
  std::deque<Batch> batches_;  // the oldest first
  std::size_t requests_ = 0;
  std::size_t bytes_ = 0;
};

// Each packed request of a batch, in order.
void each_packed(std::string_view batch, const std::function<void(std::string_view)>& visit);

}  // namespace moongate
