// Threads between the data plane, which must not wait, and the store, which may.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/store.h"

namespace moongate {

class StorePool {
 public:
  // `store` must outlive it. At most `max_queued` jobs wait beside those that run.
  StorePool(Store& store, int threads, std::size_t max_queued);
  // Ends when everything that was taken has been done.
  ~StorePool();
  StorePool(const StorePool&) = delete;
  StorePool& operator=(const StorePool&) = delete;

  // Has one of the threads call `job`, which must not throw. Never blocks. False: the queue is full, and
  // `job` is not called; whoever asked has to do without the store. Safe from any thread.
  bool post(std::function<void(Store&)> job);

 private:
  void work();

  Store& store_;
  const std::size_t max_queued_;
  std::mutex mutex_;  // guards the next three
  std::condition_variable changed_;
  std::deque<std::function<void(Store&)>> queue_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace moongate
