// An answer that a thread writes while the connection's thread sends it: bounded, with the client's leaving told both ways.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "http/message.h"

namespace moongate {

// Between one writing thread and the thread of the sockets. Nothing but bytes passes here; who owns the socket is told
// by `wake` (on the writing thread) that take() has something for it.
class BodyStream final : public BodyWriter {
 public:
  // The writer waits while more than this is unsent.
  static constexpr std::size_t kUnsentBytes = 64 * 1024;

  // `patience`: how long a write waits for room.
  BodyStream(std::chrono::milliseconds patience, std::function<void()> wake)
      : patience_(patience), wake_(std::move(wake)) {}

  // --- the writing thread ---
  // The head, and whether what write() is given after it is framed as chunks.
  void begin(std::string_view head, bool chunked);
  bool write(std::string_view bytes) override;
  bool gone() const override;
  // The last call. `whole`: the body is all there; otherwise, or with `close`, the connection ends after it.
  void finish(bool whole, bool close);

  // --- the thread of the sockets ---
  struct Piece {
    std::string bytes;
    bool last = false;   // nothing follows
    bool whole = false;  // with `last`
    bool close = false;  // with `last`
  };
  // What waits to be sent; empty when nothing does. Given once.
  Piece take();
  void sent(std::size_t bytes);
  // The client has left, or the server ends: writes fail from now on, also one that waits.
  void leave();

 private:
  void push(std::unique_lock<std::mutex>& lock, std::string_view bytes);

  const std::chrono::milliseconds patience_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::string pending_;
  std::size_t unsent_ = 0;  // pending_ and what was taken but not yet sent
  bool chunked_ = false;
  bool woken_ = false;
  bool gone_ = false;
  bool finished_ = false;
  bool whole_ = false;
  bool close_ = false;
};

}  // namespace moongate
