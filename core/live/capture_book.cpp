#include "live/capture_book.h"

#include <algorithm>

namespace moongate {

CaptureBook::Capture CaptureBook::begin(const std::string& client, const std::string& actor, int minutes, std::size_t max_bytes) {
  Capture capture;
  capture.client = client;
  capture.actor = actor;
  capture.until_ms = clock_.unix_ms() + static_cast<std::int64_t>(minutes) * 60'000;
  capture.max_bytes = max_bytes == 0 ? most_bytes_ : std::min(max_bytes, most_bytes_);
  const std::scoped_lock lock(mutex_);
  captures_[client] = capture;
  active_ = static_cast<int>(captures_.size());
  return capture;
}

bool CaptureBook::end(const std::string& client) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(kept_, [&](const Kept& kept) { return kept.client == client; });
  const bool there = captures_.erase(client) > 0;
  active_ = static_cast<int>(captures_.size());
  return there;
}

std::vector<CaptureBook::Capture> CaptureBook::running() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Capture> list;
  for (const auto& [client, capture] : captures_) {
    if (capture.until_ms > clock_.unix_ms()) list.push_back(capture);
  }
  return list;
}

std::size_t CaptureBook::wanted(std::string_view client) const {
  if (active_.load(std::memory_order_relaxed) == 0 || most_requests_ == 0) return 0;
  const std::scoped_lock lock(mutex_);
  const auto found = captures_.find(client);
  return found == captures_.end() || found->second.until_ms <= clock_.unix_ms() ? 0 : found->second.max_bytes;
}

void CaptureBook::keep(std::string_view request_id, std::string_view client, CapturedBodies bodies) {
  const std::scoped_lock lock(mutex_);
  const auto found = captures_.find(client);
  if (found == captures_.end()) return;  // ended meanwhile
  ++found->second.captured;
  if (kept_.size() >= most_requests_) kept_.pop_front();
  kept_.push_back({std::string(request_id), std::string(client), std::move(bodies)});
  // Those whose time is over are asked no more.
  std::erase_if(captures_, [&](const auto& each) { return each.second.until_ms <= clock_.unix_ms(); });
  active_ = static_cast<int>(captures_.size());
}

std::optional<CapturedBodies> CaptureBook::find(std::string_view request_id) const {
  const std::scoped_lock lock(mutex_);
  for (const Kept& kept : kept_) {
    if (kept.request_id == request_id) return kept.bodies;
  }
  return std::nullopt;
}

}  // namespace moongate
