#include "people/counters.h"

#include <algorithm>
#include <chrono>

#include "base/thread_name.h"

namespace moongate {
namespace {

// Beyond cache.timeout_ms in any sensible configuration: the task ends by itself before.
constexpr std::chrono::seconds kPatience{2};

}  // namespace

std::int64_t LocalCounters::add(const std::string& key, std::int64_t by, std::int64_t ttl_ms) {
  const std::int64_t now_ms = clock_.mono_ms();
  const std::lock_guard lock(mutex_);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= most_) make_room(now_ms);
    found = entries_.emplace(key, Entry()).first;
  }
  Entry& entry = found->second;
  if (entry.ends_ms <= now_ms) entry = {0, now_ms + ttl_ms};
  entry.sum += by;
  return entry.sum;
}

void LocalCounters::make_room(std::int64_t now_ms) {
  std::erase_if(entries_, [&](const auto& each) { return each.second.ends_ms <= now_ms; });
  while (entries_.size() >= most_) {
    entries_.erase(std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      return a.second.ends_ms < b.second.ends_ms;
    }));
  }
}

struct SharedCounters::Question {
  std::string key;
  std::int64_t by = 0, ttl_ms = 0;
  std::promise<Result<std::int64_t>> answer;
};

Result<std::unique_ptr<SharedCounters>> SharedCounters::start(CacheFactory& caches, const Clock& clock) {
  std::unique_ptr<SharedCounters> counters(new SharedCounters(clock));
  auto cache = caches.make(counters->reactor_);
  if (!cache) return cache.error();
  counters->cache_ = std::move(*cache);
  counters->has_limits_ = counters->cache_->scripts();
  SharedCounters& self = *counters;
  counters->thread_ = std::thread([&self] {
    name_this_thread("counters");
    self.reactor_.run();
  });
  return counters;
}

SharedCounters::~SharedCounters() {
  if (!thread_.joinable()) return;
  std::promise<void> ended;
  const std::function<void()> wait = [&] {
    if (asking_ > 0) {
      reactor_.post(wait);
      return;
    }
    cache_.reset();
    reactor_.post([&ended] { ended.set_value(); });  // a turn later: the cache's ends are tied up
  };
  reactor_.post(wait);
  ended.get_future().wait();
  reactor_.stop();
  thread_.join();
}

std::int64_t SharedCounters::add(const std::string& key, std::int64_t by, std::int64_t ttl_ms) {
  auto question = std::make_shared<Question>();
  question->key = "mg:attempts:" + key;
  question->by = by;
  question->ttl_ms = ttl_ms;
  std::future<Result<std::int64_t>> answer = question->answer.get_future();
  reactor_.post([this, question] {
    ++asking_;
    spawn(ask(question));
  });
  // Counted here too: whoever cuts the gateway off its Redis begins with what is known.
  const std::int64_t local = local_.add(key, by, ttl_ms);
  if (answer.wait_for(kPatience) != std::future_status::ready) return local;
  const Result<std::int64_t> shared = answer.get();
  return shared ? *shared : local;
}

LimitUse SharedCounters::limit_use(LimitLevel level, std::string_view id) {
  auto promise = std::make_shared<std::promise<Result<LimitUse>>>();
  auto answer = promise->get_future();
  reactor_.post([this, key = limit_key(level, id), promise] {
    ++asking_;
    spawn(ask_use(key, promise));
  });
  LimitUse unknown;
  unknown.fill(-1);
  if (answer.wait_for(kPatience) != std::future_status::ready) return unknown;
  const Result<LimitUse> use = answer.get();
  return use ? *use : unknown;
}

Task<void> SharedCounters::ask_use(std::string key, std::shared_ptr<std::promise<Result<LimitUse>>> answer) {
  answer->set_value(co_await read_shared_use(*cache_, std::move(key), clock_.unix_ms()));
  --asking_;
}

Task<void> SharedCounters::ask(std::shared_ptr<Question> question) {
  std::int64_t sum = 0;
  if (cache_->try_incr(question->key, question->by, question->ttl_ms, sum)) {
    question->answer.set_value(sum);
  } else {
    question->answer.set_value(co_await cache_->incr(question->key, question->by, question->ttl_ms));
  }
  --asking_;
}

}  // namespace moongate
