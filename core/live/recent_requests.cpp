#include "live/recent_requests.h"

#include <algorithm>
#include <vector>

namespace moongate {

void each_packed(std::string_view batch, const std::function<void(std::string_view)>& visit) {
  while (!batch.empty()) {
    const std::size_t size = packed_head(batch).size;
    visit(batch.substr(0, size));
    batch.remove_prefix(size);
  }
}

void RecentRequests::add(std::shared_ptr<const std::string> batch) {
  Batch added{std::move(batch), 0};
  each_packed(*added.bytes, [&](std::string_view packed) { added.requests += packed_head(packed).running ? 0 : 1; });
  if (added.requests == 0) return;
  std::vector<Batch> dropped;  // freed without the lock
  const std::scoped_lock lock(mutex_);
  requests_ += added.requests;
  bytes_ += added.bytes->size();
  batches_.push_back(std::move(added));
  while (batches_.size() > 1 && (requests_ - batches_.front().requests >= keep_ || bytes_ > max_bytes_)) {
    requests_ -= batches_.front().requests;
    bytes_ -= batches_.front().bytes->size();
    dropped.push_back(std::move(batches_.front()));
    batches_.pop_front();
  }
}

std::deque<RecentRequests::Batch> RecentRequests::batches() const {
  const std::scoped_lock lock(mutex_);
  return batches_;
}

std::optional<LiveRequest> RecentRequests::find(std::string_view id) const {
  std::optional<LiveRequest> found;
  for (const Batch& batch : batches()) {
    each_packed(*batch.bytes, [&](std::string_view packed) {
      if (!found && !packed_head(packed).running && packed_id(packed) == id) found = unpack(packed);
    });
    if (found) break;
  }
  return found;
}

// Workers hand over each for itself: batches that came within a moment of each other overlap, so what is walked is put in
// order first. Only places and times are sorted.
void RecentRequests::walk(const std::function<bool(const LiveRequest&)>& take) const {
  const std::deque<Batch> all = batches();
  struct Place {
    std::int64_t ended_at_ms;
    std::string_view packed;
  };
  std::vector<Place> order;
  for (const Batch& batch : all) {
    each_packed(*batch.bytes, [&](std::string_view packed) {
      const PackedHead head = packed_head(packed);
      if (!head.running) order.push_back({head.ended_at_ms, packed});
    });
  }
  std::stable_sort(order.begin(), order.end(), [](const Place& a, const Place& b) {
    return a.ended_at_ms != b.ended_at_ms ? a.ended_at_ms > b.ended_at_ms : packed_id(a.packed) > packed_id(b.packed);
  });
  for (std::size_t i = 0; i < order.size() && i < keep_; ++i) {
    if (!take(unpack(order[i].packed))) return;
  }
}

}  // namespace moongate
