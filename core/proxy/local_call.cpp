#include "proxy/local_call.h"

namespace moongate {
namespace {

constexpr std::size_t kMostWaiting = 64 * 1024;

}  // namespace

void LocalCall::answer(HttpResponse response, bool streams) {
  {
    const std::lock_guard lock(mutex_);
    bytes_ = std::move(response.body);
    response.stream = nullptr;  // whatever it holds is the service's
    response.later = nullptr;
    head_ = std::move(response);
    has_head_ = true;
    streams_ = streams;
    ended_ = !streams;
  }
  wake_();
}

bool LocalCall::write(std::string_view bytes) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return gone_ || bytes_.size() < kMostWaiting; });
    if (gone_) return false;
    bytes_ += bytes;
  }
  wake_();
  return true;
}

void LocalCall::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_();
}

bool LocalCall::gone() const {
  const std::lock_guard lock(mutex_);
  return gone_;
}

LocalCall::News LocalCall::take() {
  News news;
  {
    const std::lock_guard lock(mutex_);
    news.has_head = has_head_;
    news.streams = streams_;
    news.ended = ended_;
    if (has_head_) news.head = std::move(head_);
    has_head_ = false;
    news.bytes.swap(bytes_);
  }
  room_.notify_one();
  return news;
}

void LocalCall::leave() {
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
  }
  room_.notify_one();
}

}  // namespace moongate
