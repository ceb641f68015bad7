#include "store/store_pool.h"

#include <algorithm>

#include "base/thread_name.h"

namespace moongate {

StorePool::StorePool(Store& store, int threads, std::size_t max_queued)
    : store_(store), max_queued_(max_queued) {
  for (int i = 0; i < std::max(threads, 1); ++i) {
    threads_.emplace_back([this, i] {
      name_this_thread("store-" + std::to_string(i));
      work();
    });
  }
}

StorePool::~StorePool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool StorePool::post(std::function<void(Store&)> job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ending_ || queue_.size() >= max_queued_) return false;
    queue_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void StorePool::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::function<void(Store&)> job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job(store_);
    job = nullptr;  // what it holds goes outside the lock
    lock.lock();
  }
}

}  // namespace moongate
