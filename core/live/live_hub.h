// Where what workers tell comes together: the last requests, the last minutes, and whoever looks on.
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "live/capture_book.h"
#include "live/minute_series.h"
#include "live/recent_requests.h"
#include "meter/metrics.h"

namespace moongate {

// Somebody who looks on. Called on the hub's thread; must not block for long.
class LiveListener {
 public:
  virtual ~LiveListener() = default;
  virtual void request(const LiveRequest& request) = 0;
  // `topic`: "usage" or "health"; the text is the whole message.
  virtual void tick(std::string_view topic, const std::string& text) = 0;
  // Every few seconds: whether it may still look on is asked anew. False: nobody could say; the others are not asked
  // either, so that a store that is away does not hold up what is told.
  virtual bool look_at_session() = 0;
};

class LiveHub {
 public:
  struct Parts {
    const Clock& clock;
    const Metrics& metrics;
    std::size_t requests = 2000;          // kept
    std::size_t capture_requests = 100;
    std::size_t capture_bytes = 64 * 1024;
    std::function<boost::json::object()> usage = {};   // members of a usage tick
    std::function<boost::json::object()> health = {};  // of a health tick
  };
  explicit LiveHub(Parts parts);
  ~LiveHub();
  LiveHub(const LiveHub&) = delete;

  // The thread that samples and tells. What it tells is asked of `usage` and `health`.
  void start(std::function<boost::json::object()> usage, std::function<boost::json::object()> health);
  void stop();
  // One turn of that thread, for tests: what has come is told, and ticks that are due.
  void turn();

  // -- any thread
  // A batch of packed requests. Never blocks for more than a moment; what nobody fetches in time is dropped for listeners.
  void take(std::shared_ptr<const std::string> batch);
  bool wants_begun() const { return listening_.load(std::memory_order_relaxed) > 0; }
  void add(const std::shared_ptr<LiveListener>& listener);
  void remove(const LiveListener* listener);
  const RecentRequests& recent() const { return recent_; }
  const MinuteSeries& series() const { return series_; }
  CaptureBook& captures() { return captures_; }
  bool keeps_requests() const { return parts_.requests > 0; }

 private:
  void run();
  void tell_requests();
  void tell_ticks();
  std::vector<std::shared_ptr<LiveListener>> listeners() const;

  Parts parts_;
  RecentRequests recent_;
  MinuteSeries series_;
  CaptureBook captures_;
  std::atomic<int> listening_{0};
  mutable std::mutex mutex_;  // guards the next five
  std::condition_variable woken_;
  std::vector<std::weak_ptr<LiveListener>> listeners_;
  std::vector<std::shared_ptr<const std::string>> inbox_;
  bool stopping_ = false;
  bool nudged_ = false;
  std::int64_t sampled_ms_ = 0, usage_ms_ = 0, health_ms_ = 0, sessions_ms_ = 0;  // when last; of the thread
  std::thread thread_;
};

}  // namespace moongate
