#include "http/web_socket_outbox.h"

namespace moongate {
namespace {

// RFC 6455, 5.5: a control frame carries 125 bytes, two of them the code.
constexpr std::size_t kReasonBytes = 123;

std::string cut_reason(std::string_view reason) {
  if (reason.size() > kReasonBytes) {
    std::size_t end = kReasonBytes;
    while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0) == 0x80) --end;
    reason = reason.substr(0, end);
  }
  return std::string(reason);
}

}  // namespace

void WebSocketOutbox::wake() {
  if (woken_ || !wake_) return;
  woken_ = true;
  wake_();
}

bool WebSocketOutbox::send(std::string text) {
  const std::scoped_lock lock(mutex_);
  if (!wake_ || closing_ || waiting_ + text.size() > kWaitingBytes) return false;
  waiting_ += text.size();
  queue_.push_back(std::move(text));
  wake();
  return true;
}

std::size_t WebSocketOutbox::waiting_bytes() const {
  const std::scoped_lock lock(mutex_);
  return waiting_;
}

void WebSocketOutbox::close(int code, std::string_view reason) {
  const std::scoped_lock lock(mutex_);
  if (closing_) return;
  closing_ = true;
  close_ = Close{code, cut_reason(reason)};
  wake();
}

WebSocketOutbox::Next WebSocketOutbox::take() {
  const std::scoped_lock lock(mutex_);
  woken_ = false;
  Next next;
  if (!queue_.empty()) {
    next.text = std::move(queue_.front());
    queue_.pop_front();
  } else if (close_) {
    next.close = std::move(*close_);
    close_.reset();
  }
  return next;
}

void WebSocketOutbox::sent(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  waiting_ -= std::min(bytes, waiting_);
}

void WebSocketOutbox::end() {
  const std::scoped_lock lock(mutex_);
  wake_ = nullptr;
  queue_.clear();
  waiting_ = 0;
  closing_ = true;
}

}  // namespace moongate
