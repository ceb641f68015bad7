#include "http/body_framer.h"

#include <algorithm>

namespace moongate {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

BodyFramer::Piece BodyFramer::next(std::string_view raw) {
  if (raw.empty() || state_ == State::kDone || state_ == State::kBroken) return {};
  if (state_ == State::kUntilClose) return {raw.size(), raw, false};
  if (state_ == State::kLength || state_ == State::kData) {
    const std::size_t n = std::min<std::uint64_t>(left_, raw.size());
    left_ -= n;
    if (left_ == 0) state_ = state_ == State::kLength ? State::kDone : State::kDataCr;
    return {n, raw.substr(0, n), false};
  }
  // Framing up to the next chunk's data, then that data.
  std::size_t at = 0;
  while (at < raw.size()) {
    const bool was_size = state_ == State::kSizeLf;
    if (!step(raw[at])) {
      state_ = State::kBroken;
      return {at, {}, false};
    }
    ++at;
    if (state_ == State::kDone) return {at, {}, false};
    if (was_size && state_ == State::kTrailerStart) return {at, {}, true};
    if (state_ == State::kData) {
      const std::size_t n = std::min<std::uint64_t>(left_, raw.size() - at);
      left_ -= n;
      if (left_ == 0) state_ = State::kDataCr;
      return {at + n, raw.substr(at, n), false};
    }
  }
  return {at, {}, false};
}

// What may follow a chunk size: blanks, an extension, the line's end. "5 5" is not 5.
bool BodyFramer::end_size(char c) {
  switch (c) {
    case ' ':
    case '\t': state_ = State::kSizeSpace; return true;
    case ';': state_ = State::kExtension; return true;
    case '\r': state_ = State::kSizeLf; return true;
    default: return false;
  }
}

// One byte of chunk framing; false: it does not belong here.
bool BodyFramer::step(char c) {
  switch (state_) {
    case State::kSize: {
      if (const int digit = hex_digit(c); digit >= 0) {
        if (++digits_ > 15) return false;  // 2^60 bytes: nobody means it
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return true;
      }
      if (digits_ == 0) return false;
      overhead_ = 0;
      return end_size(c);
    }
    case State::kSizeSpace: return ++overhead_ <= kMaxChunkOverhead && end_size(c);
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLf;
        return true;
      }
      return c != '\n' && c != '\0' && ++overhead_ <= kMaxChunkOverhead;
    case State::kSizeLf:
      if (c != '\n') return false;
      digits_ = 0;
      overhead_ = 0;
      state_ = left_ == 0 ? State::kTrailerStart : State::kData;
      return true;
    case State::kDataCr:
      state_ = State::kDataLf;
      return c == '\r';
    case State::kDataLf:
      state_ = State::kSize;
      return c == '\n';
    case State::kTrailerStart:
      if (c == '\r') {
        state_ = State::kEndLf;
        return true;
      }
      state_ = State::kTrailer;
      return c != '\n' && c != '\0' && c != ' ' && c != '\t' && ++overhead_ <= kMaxChunkOverhead;
    case State::kTrailer:
      if (c == '\r') {
        state_ = State::kTrailerLf;
        return true;
      }
      return c != '\n' && c != '\0' && ++overhead_ <= kMaxChunkOverhead;
    case State::kTrailerLf:
      state_ = State::kTrailerStart;
      return c == '\n';
    case State::kEndLf:
      state_ = State::kDone;
      return c == '\n';
    default: return false;
  }
}

}  // namespace moongate
