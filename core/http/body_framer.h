// Where a body's bytes end on the wire, and which of them are payload.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/head.h"

namespace moongate {

// Walks the raw bytes of one body. A few words of state; copies nothing.
class BodyFramer {
 public:
  static constexpr std::uint32_t kMaxChunkOverhead = 4096;  // extensions of one chunk, or all trailers together

  BodyFramer() = default;
  BodyFramer(Framing framing, std::uint64_t length)
      : state_(framing == Framing::kChunked                                 ? State::kSize
               : framing == Framing::kUntilClose                           ? State::kUntilClose
               : framing == Framing::kLength && length > 0                 ? State::kLength
                                                                            : State::kDone),
        left_(framing == Framing::kLength ? length : 0) {}

  struct Piece {
    std::size_t consumed = 0;   // bytes of this body in what was given, payload and framing
    std::string_view payload;   // a run of payload among them (its last bytes, with nothing of the body behind it)
    bool last_chunk = false;    // what was consumed is the beginning of the end: the zero-size chunk's line
  };
  // The next run: at most one stretch of payload. Call again with the rest until consumed is 0, done() or broken().
  Piece next(std::string_view raw);

  bool done() const { return state_ == State::kDone; }
  // A chunk size that is none or overflows, a missing CRLF, too much overhead. Final.
  bool broken() const { return state_ == State::kBroken; }
  // The peer closed: whether that is the body's proper end.
  bool may_end_here() const { return state_ == State::kDone || state_ == State::kUntilClose; }
  // Between two chunks (or anywhere in a body until close): own bytes may be put here in chunks of our own.
  bool at_chunk_boundary() const {
    return state_ == State::kUntilClose || (state_ == State::kSize && digits_ == 0);
  }
  // In the middle of a chunk's size line.
  bool inside_size() const {
    return (state_ == State::kSize && digits_ > 0) || state_ == State::kSizeSpace || state_ == State::kExtension || state_ == State::kSizeLf;
  }
  // Right behind the last chunk's size line, before any trailer.
  bool inside_last() const { return state_ == State::kTrailerStart && overhead_ == 0; }
  // Payload bytes still to come of what is announced (kLength), else 0.
  std::uint64_t left() const { return left_; }

 private:
  enum class State : std::uint8_t {
    kLength, kUntilClose, kSize, kSizeSpace, kExtension, kSizeLf, kData, kDataCr, kDataLf, kTrailerStart, kTrailer, kTrailerLf,
    kEndLf, kDone, kBroken,
  };
  bool step(char c);
  bool end_size(char c);

  State state_ = State::kDone;
  std::uint8_t digits_ = 0;
  std::uint32_t overhead_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace moongate
