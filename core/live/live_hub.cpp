#include "live/live_hub.h"

#include <boost/json/serialize.hpp>
#include <chrono>

#include "base/thread_name.h"

namespace moongate {
namespace {

constexpr auto kTurn = std::chrono::milliseconds(250);
constexpr std::int64_t kSampleMs = 2'000;
constexpr std::int64_t kUsageMs = 1'000;
constexpr std::int64_t kHealthMs = 2'000;
constexpr std::int64_t kSessionsMs = 5'000;
constexpr std::size_t kInbox = 256;                 // batches
constexpr std::size_t kRecentBytes = 16u << 20;

bool due(std::int64_t& last_ms, std::int64_t now_ms, std::int64_t every_ms) {
  if (last_ms != 0 && now_ms - last_ms < every_ms) return false;
  last_ms = now_ms;
  return true;
}

std::string message_of(std::string_view type, boost::json::object members) {
  members["type"] = type;
  return boost::json::serialize(members);
}

}  // namespace

LiveHub::LiveHub(Parts parts)
    : parts_(std::move(parts)),
      recent_(parts_.requests, kRecentBytes),
      captures_(parts_.clock, parts_.requests > 0 ? parts_.capture_requests : 0, parts_.capture_bytes) {}

LiveHub::~LiveHub() { stop(); }

void LiveHub::start(std::function<boost::json::object()> usage, std::function<boost::json::object()> health) {
  parts_.usage = std::move(usage);
  parts_.health = std::move(health);
  thread_ = std::thread([this] { run(); });
}

void LiveHub::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LiveHub::run() {
  name_this_thread("live");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    turn();
    lock.lock();
    woken_.wait_for(lock, kTurn, [this] { return stopping_ || nudged_; });
    nudged_ = false;
  }
}

void LiveHub::turn() {
  const std::int64_t now_ms = parts_.clock.mono_ms();
  if (due(sampled_ms_, now_ms, kSampleMs)) series_.sample(parts_.metrics.totals(), parts_.clock.unix_seconds(), now_ms);
  tell_requests();
  tell_ticks();
}

void LiveHub::take(std::shared_ptr<const std::string> batch) {
  recent_.add(batch);
  const bool wanted = wants_begun();
  {
    const std::scoped_lock lock(mutex_);
    if (inbox_.size() < kInbox) inbox_.push_back(std::move(batch));
    nudged_ = wanted;
  }
  if (wanted) woken_.notify_one();
}

void LiveHub::tell_requests() {
  std::vector<std::shared_ptr<const std::string>> batches;
  {
    const std::scoped_lock lock(mutex_);
    batches.swap(inbox_);
  }
  const auto listening = batches.empty() ? std::vector<std::shared_ptr<LiveListener>>() : listeners();
  std::int64_t cost_minute = 0;  // a batch is mostly of one minute
  NanoDollars cost_nano = 0;
  const auto book_cost = [&] {
    if (cost_nano != 0) series_.add_cost(cost_minute * 60, cost_nano);
    cost_nano = 0;
  };
  for (const auto& batch : batches) {
    each_packed(*batch, [&](std::string_view packed) {
      const PackedHead head = packed_head(packed);
      if (!head.running && head.priced) {
        if (head.ended_at_ms / 60'000 != cost_minute) book_cost();
        cost_minute = head.ended_at_ms / 60'000;
        cost_nano += head.cost_nano;
      }
      if (listening.empty()) return;
      const LiveRequest request = unpack(packed);
      for (const auto& listener : listening) listener->request(request);
    });
  }
  book_cost();
}

void LiveHub::tell_ticks() {
  if (listening_.load() == 0) return;
  const std::int64_t now_ms = parts_.clock.mono_ms();
  const auto listening = listeners();
  if (parts_.usage && due(usage_ms_, now_ms, kUsageMs)) {
    const std::string text = message_of("usage", parts_.usage());
    for (const auto& listener : listening) listener->tick("usage", text);
  }
  if (parts_.health && due(health_ms_, now_ms, kHealthMs)) {
    const std::string text = message_of("health", parts_.health());
    for (const auto& listener : listening) listener->tick("health", text);
  }
  if (due(sessions_ms_, now_ms, kSessionsMs)) {
    for (const auto& listener : listening) {
      if (!listener->look_at_session()) break;
    }
  }
}

void LiveHub::add(const std::shared_ptr<LiveListener>& listener) {
  const std::scoped_lock lock(mutex_);
  listeners_.push_back(listener);
  listening_ = static_cast<int>(listeners_.size());
}

void LiveHub::remove(const LiveListener* listener) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(listeners_, [&](const std::weak_ptr<LiveListener>& each) {
    const auto there = each.lock();
    return !there || there.get() == listener;
  });
  listening_ = static_cast<int>(listeners_.size());
}

std::vector<std::shared_ptr<LiveListener>> LiveHub::listeners() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<LiveListener>> list;
  for (const auto& each : listeners_) {
    if (auto there = each.lock()) list.push_back(std::move(there));
  }
  return list;
}

}  // namespace moongate
