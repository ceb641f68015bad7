#include "http/stream_threads.h"

#include <system_error>

#include "base/thread_name.h"

namespace moongate {

StreamThreads::~StreamThreads() { join(); }

bool StreamThreads::start(std::function<void()> work) {
  std::list<std::thread> ended;
  bool begun = false;
  {
    const std::scoped_lock lock(mutex_);
    ended.swap(ended_);
    if (running_.size() < most_) {
      const auto place = running_.emplace(running_.end());
      try {
        *place = std::thread([this, place, work = std::move(work)]() mutable {
          name_this_thread("stream");
          work();
          work = nullptr;  // what it holds goes here, not under the lock
          const std::scoped_lock own(mutex_);
          ended_.splice(ended_.end(), running_, place);
        });
        begun = true;
      } catch (const std::system_error&) {
        running_.erase(place);
      }
    }
  }
  for (std::thread& each : ended) {
    if (each.joinable()) each.join();
  }
  return begun;
}

void StreamThreads::join() {
  while (true) {
    std::thread next;
    {
      const std::scoped_lock lock(mutex_);
      std::list<std::thread>& from = ended_.empty() ? running_ : ended_;
      if (from.empty()) return;
      // A thread that still runs keeps its place in the list, empty, which it moves over when it ends.
      next.swap(from.front());
      if (&from == &ended_) from.pop_front();
    }
    if (next.joinable()) next.join();
  }
}

}  // namespace moongate
