// Threads for work that takes long, one each, no more than so many at once.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace moongate {

class StreamThreads {
 public:
  explicit StreamThreads(int most) : most_(static_cast<std::size_t>(most)) {}
  // Waits for all of them.
  ~StreamThreads();
  StreamThreads(const StreamThreads&) = delete;

  // False: as many run as may, or the system gives no thread; the work was not begun. The work must not throw.
  bool start(std::function<void()> work);
  void join();

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::list<std::thread> running_;
  std::list<std::thread> ended_;  // to be joined; each is at its last instruction
};

}  // namespace moongate
