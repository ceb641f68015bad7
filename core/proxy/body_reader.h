// The request's body on its way in: read as far as a decision needs, held as long as a retry may need it, streamed
// beyond that.
#pragma once

#include <sys/uio.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/body_framer.h"
#include "net/buffer_pool.h"
#include "net/stream.h"
#include "protocol/json_scanner.h"
#include "proxy/exchange.h"
#include "proxy/request_watch.h"

namespace moongate {

struct BodyLimits {
  std::uint64_t held = 32u << 20;  // bytes that may be held
  std::uint64_t total = 512u << 20;
  int silence_ms = 30'000;         // of the client, while a body is awaited
};

// Payload pieces in order. A piece may lie in memory of others (the connection's head buffer).
class BodyReader final : public RequestBody {
 public:
  // Takes bytes already received behind the head; they are compacted in place when chunked, so `[data, data+size)`
  // must be writable and stay put until the exchange ends. `consumed_behind_head` is how many of them were this body's.
  BodyReader(Stream& client, Signal& signal, const BodyLimits& limits);

  // `scan`: watch for "model" and "stream" (their place is the body).
  void begin(const RequestHead& head, char* data, std::size_t size, bool scan);
  std::size_t consumed_behind_head() const { return consumed_behind_head_; }
  bool exists() const { return exists_; }
  // Bytes of another request came with the end of a chunked body and are lost: the connection must not be kept.
  bool swallowed_more() const { return swallowed_more_; }

  // Whether "100 Continue" is still owed; the first read that has to wait sends it.
  void owe_continue() { continue_owed_ = true; }
  // Whether it is still owed, and no longer afterwards: the caller sends it.
  bool take_owed_continue() { return std::exchange(continue_owed_, false); }

  // -- for decisions (RequestBody)
  bool complete() const override { return framer_.done() || replaced_; }
  Task<Status> read_all() override;
  Task<Status> read_field(std::string_view name) override;
  std::optional<std::string> field(std::string_view name) const override;
  std::string text() const override;
  void replace(std::string text) override;

  // Reads until `model` (and, when asked, `stream`) are known or the body is complete.
  Task<Status> read_model(bool stream_too);
  const JsonScanner& scanner() const { return scanner_; }
  static constexpr std::size_t kModel = 0;
  static constexpr std::size_t kStream = 1;
  // The client sent "model" twice: a gateway and an upstream might take different ones.
  bool ambiguous_model() const { return scanner_.capture(kModel).count > 1; }

  // -- for sending
  // The payload's length when it is known in advance.
  std::optional<std::uint64_t> length() const;
  // Whether rewind() would succeed.
  bool replayable() const { return dropped_ == 0; }
  // Starts (again) at the first byte. False: what was sent before is no longer held.
  bool rewind();
  // From now on what is sent need not be held; frees what already was.
  void stop_holding();
  std::uint64_t held_bytes() const { return held_; }
  // Up to `max` pieces of what is there and not yet taken.
  int unsent(iovec* pieces, int max) const;
  std::size_t unsent_bytes() const { return unsent_bytes_; }
  void mark_sent(std::size_t bytes);
  // Whether every byte has been marked as sent.
  bool all_sent() const { return complete() && unsent_bytes_ == 0; }

  enum class ReadResult : std::uint8_t { kProgress, kWouldBlock, kFailed };
  // One read from the client without waiting. kFailed: failure() says why.
  ReadResult try_read();
  // Reads as long as something comes and less than `bytes` wait to be sent. kProgress: something came.
  ReadResult read_ahead(std::size_t bytes);
  // What has come so far, and what will come, is copied there; it must live as long as this reads.
  void copy_to(CapturedBodies& copy);
  const Error& failure() const { return failure_; }
  std::uint64_t received() const { return received_; }
  bool awaits_client() const { return exists_ && !complete(); }
  bool failed() const { return failure_.kind != ErrorKind::kInternal; }

 private:
  struct Piece {
    Buffer owner;        // empty: the memory is the connection's
    char* data = nullptr;
    std::size_t size = 0;
  };
  void take_payload(std::string_view payload);
  bool take_raw(Piece piece, std::size_t raw_size, std::size_t& used);
  Task<Status> read_some();
  Error fail(ErrorKind kind, std::string message);

  Stream& client_;
  Signal& signal_;
  const BodyLimits& limits_;
  BodyFramer framer_;
  JsonScanner scanner_;
  std::vector<Piece> pieces_;      // held, in order; few, so that dropping the first costs little
  std::size_t first_unsent_ = 0;   // index into pieces_
  std::size_t unsent_offset_ = 0;  // within it
  std::size_t unsent_bytes_ = 0;
  std::uint64_t received_ = 0;     // payload
  std::uint64_t held_ = 0;         // payload in pieces_
  std::uint64_t dropped_ = 0;      // payload that was sent and is no longer held
  std::optional<std::uint64_t> announced_;
  std::size_t consumed_behind_head_ = 0;
  bool exists_ = false;
  bool hold_ = true;
  bool replaced_ = false;
  bool scan_ = false;
  bool swallowed_more_ = false;
  bool continue_owed_ = false;
  CapturedBodies* copy_ = nullptr;
  Error failure_;
};

}  // namespace moongate
