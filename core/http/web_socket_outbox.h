// What waits to be sent on a WebSocket: filled from any thread, emptied by the thread of the sockets.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "http/message.h"

namespace moongate {

class WebSocketOutbox final : public WebSocketPeer {
 public:
  static constexpr std::size_t kWaitingBytes = 1u << 20;

  // `wake`: there is something to take. Called under the outbox's lock, never after end().
  explicit WebSocketOutbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  bool send(std::string text) override;
  std::size_t waiting_bytes() const override;
  void close(int code, std::string_view reason) override;

  // --- the thread of the sockets ---
  struct Close {
    int code;
    std::string reason;
  };
  struct Next {
    std::optional<std::string> text;
    std::optional<Close> close;  // when no text is left
  };
  // The next to be sent; sent() when it has gone out.
  Next take();
  void sent(std::size_t bytes);
  // The connection is over; what waits is dropped.
  void end();

 private:
  void wake();

  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::deque<std::string> queue_;
  std::size_t waiting_ = 0;
  std::optional<Close> close_;
  bool closing_ = false;
  bool woken_ = false;
};

}  // namespace moongate
