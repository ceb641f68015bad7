#include "simulator/wire.h"

#include <sys/socket.h>

#include <algorithm>

#include "net/buffer_pool.h"

namespace moongate::sim {
namespace {

constexpr MonoMs kHandshakeMs = 10'000;
constexpr MonoMs kLingerMs = 2'000;
constexpr int kTransfersPerTurn = 64;

}  // namespace

Task<bool> Wire::handshake(const TlsServer& tls) {
  ssl_st* session = tls.new_session();
  if (session == nullptr) co_return false;
  stream_.start_tls(session, true);
  const Status done = co_await stream_.handshake(signal_, now_ms() + kHandshakeMs);
  co_return done.ok();
}

Task<bool> Wire::fill(std::string& inbox, MonoMs deadline) {
  for (;;) {
    {
      Buffer buffer(Buffer::kLarge);
      const IoResult got = stream_.read(buffer.data(), buffer.capacity());
      if (got.ok()) {
        inbox.append(buffer.data(), got.bytes);
        break;
      }
      if (got.ended()) co_return false;
    }
    const bool in_time = co_await signal_.wait(deadline);
    if (!in_time) co_return false;
    transfers_ = 0;
  }
  if (++transfers_ >= kTransfersPerTurn) co_await let_others_run();
  co_return true;
}

Task<bool> Wire::send_piece(std::string_view bytes) {
  while (!bytes.empty()) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const IoResult put = stream_.write(&piece, 1);
    if (put.ok()) {
      bytes.remove_prefix(put.bytes);
    } else if (put.ended()) {
      co_return false;
    } else {
      if (stream_.peer_closed()) co_return false;
      co_await signal_.wait();
      transfers_ = 0;
    }
  }
  if (++transfers_ >= kTransfersPerTurn) co_await let_others_run();
  co_return true;
}

Task<bool> Wire::send(std::string_view bytes, Cut cut) {
  while (cut.bytes > 0 && bytes.size() > cut.bytes) {
    bool there = co_await send_piece(bytes.substr(0, cut.bytes));
    bytes.remove_prefix(cut.bytes);
    if (there && cut.pause_ms > 0) there = co_await pause(cut.pause_ms);
    if (!there) co_return false;
  }
  co_return co_await send_piece(bytes);
}

Task<bool> Wire::pause_until(MonoMs deadline) {
  transfers_ = 0;
  while (!stream_.peer_closed()) {
    if (now_ms() >= deadline) co_return true;
    co_await signal_.wait(deadline);
  }
  co_return false;
}

Task<void> Wire::silence() {
  while (!stream_.peer_closed()) co_await signal_.wait();
}

Task<void> Wire::linger() {
  stream_.shutdown_write();
  const MonoMs deadline = now_ms() + kLingerMs;
  std::string dropped;
  bool more = true;
  while (more && now_ms() < deadline) {
    dropped.clear();
    more = co_await fill(dropped, deadline);
  }
  stream_.close();
}

void Wire::close_both() {
  if (stream_.is_open()) ::shutdown(stream_.fd(), SHUT_RDWR);
}

// A long burst to one client must not keep the others waiting, and only a turn of the loop tells whether it
// left.
Task<void> Wire::let_others_run() {
  transfers_ = 0;
  bool had_turn = false;
  signal_.reactor().post([this, &had_turn] {
    had_turn = true;
    signal_.notify();
  });
  while (!had_turn) co_await signal_.wait();
}

}  // namespace moongate::sim
