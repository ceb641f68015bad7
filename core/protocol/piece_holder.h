// Keeps the beginning of an event or element until its end has come, within a bound. Shared by the splitters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace moongate {

// What a splitter found next.
enum class Piece : std::uint8_t {
  kWhole,   // one complete event (or array element)
  kPart,    // the next part of one that is larger than the bound: relay it as it is
  kMore,    // nothing more in what was fed
  kBroken,  // JSON arrays only, final: this is no array of objects
};

class PieceHolder {
 public:
  explicit PieceHolder(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // What give() handed out last is no longer needed.
  void release() {
    if (!given_) return;
    held_.clear();
    if (held_.capacity() > kKeptCapacity) held_.shrink_to_fit();
    given_ = false;
  }

  // `bytes` continue the event at hand, and end it when `complete`. kMore: they were put aside.
  Piece give(std::string_view bytes, bool complete, std::string_view& piece) {
    const bool too_large = in_parts_ || held_.size() + bytes.size() > max_bytes_;
    if (!complete && !too_large) {
      held_ += bytes;
      return Piece::kMore;
    }
    if (held_.empty()) {
      piece = bytes;
    } else {
      held_ += bytes;
      piece = held_;
      given_ = true;
    }
    in_parts_ = !complete;
    if (piece.empty()) return Piece::kMore;
    return too_large ? Piece::kPart : Piece::kWhole;
  }

  std::string_view held() const { return given_ ? std::string_view() : std::string_view(held_); }

 private:
  static constexpr std::size_t kKeptCapacity =
      4096;  // one large event does not keep its memory for the stream's life

  std::size_t max_bytes_;
  std::string held_;
  bool given_ = false;     // held_ was handed out and goes at the next call
  bool in_parts_ = false;  // the event at hand has gone over the bound
};

}  // namespace moongate
