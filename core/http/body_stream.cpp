#include "http/body_stream.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace moongate {

void BodyStream::push(std::unique_lock<std::mutex>& lock, std::string_view bytes) {
  pending_ += bytes;
  unsent_ += bytes.size();
  if (woken_) return;
  woken_ = true;
  lock.unlock();
  wake_();
  lock.lock();
}

void BodyStream::begin(std::string_view head, bool chunked) {
  std::unique_lock lock(mutex_);
  chunked_ = chunked;
  if (!gone_) push(lock, head);
}

bool BodyStream::write(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  while (!bytes.empty() && !gone_) {
    const std::string_view piece = bytes.substr(0, kUnsentBytes);
    bytes.remove_prefix(piece.size());
    if (!room_.wait_for(lock, patience_, [this] { return gone_ || unsent_ <= kUnsentBytes; })) {
      gone_ = true;
      close_ = finished_ = true;
      push(lock, "");
      return false;
    }
    if (gone_) return false;
    if (!chunked_) {
      push(lock, piece);
      continue;
    }
    std::array<char, 16> size;
    const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
    std::string chunk(size.data(), end);
    chunk.append("\r\n").append(piece).append("\r\n");
    push(lock, chunk);
  }
  return !gone_;
}

bool BodyStream::gone() const {
  const std::scoped_lock lock(mutex_);
  return gone_;
}

void BodyStream::finish(bool whole, bool close) {
  std::unique_lock lock(mutex_);
  if (finished_) return;
  finished_ = true;
  whole_ = whole;
  close_ = close;
  push(lock, whole && chunked_ && !gone_ ? "0\r\n\r\n" : "");
}

BodyStream::Piece BodyStream::take() {
  const std::scoped_lock lock(mutex_);
  woken_ = false;
  Piece piece;
  piece.bytes.swap(pending_);
  if (gone_) piece.bytes.clear();
  piece.last = finished_;
  piece.whole = whole_ && !gone_;
  piece.close = close_;
  return piece;
}

void BodyStream::sent(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  unsent_ -= std::min(bytes, unsent_);
  room_.notify_one();
}

void BodyStream::leave() {
  const std::scoped_lock lock(mutex_);
  gone_ = true;
  room_.notify_one();
}

}  // namespace moongate
