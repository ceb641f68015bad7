#include "live/worker_feed.h"

namespace moongate {
namespace {
constexpr std::size_t kBatchBytes = 64 * 1024;
}

void WorkerFeed::put(const WatchedRequest& request, bool running) {
  if (batch_.capacity() < kBatchBytes) batch_.reserve(kBatchBytes + 16 * 1024);
  pack(request, running, batch_);
  if (batch_.size() >= kBatchBytes) flush();
}

void WorkerFeed::flush() {
  if (batch_.empty()) return;
  hub_.take(std::make_shared<const std::string>(batch_));  // of just its size: the batch keeps its memory
  batch_.clear();
}

}  // namespace moongate
