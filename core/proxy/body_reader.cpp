#include "proxy/body_reader.h"

#include <algorithm>
#include <cstring>

namespace moongate {
namespace {

constexpr std::size_t kModelBytes = 512;  // of a "model" value; a longer one is nobody's model
constexpr std::size_t kFieldBytes = 64 * 1024;

}  // namespace

BodyReader::BodyReader(Stream& client, Signal& signal, const BodyLimits& limits)
    : client_(client), signal_(signal), limits_(limits), scanner_({"model", "stream"}, kModelBytes) {}

void BodyReader::begin(const RequestHead& head, char* data, std::size_t size, bool scan) {
  scan_ = scan;
  framer_ = BodyFramer(head.framing, head.content_length);
  exists_ = head.framing != Framing::kNone;
  if (head.framing == Framing::kLength) announced_ = head.content_length;
  if (head.framing == Framing::kNone) announced_ = 0;
  if (!exists_ || size == 0) return;
  Piece piece;
  piece.data = data;
  take_raw(std::move(piece), size, consumed_behind_head_);
}

Error BodyReader::fail(ErrorKind kind, std::string message) {
  failure_ = Error(kind, std::move(message), ErrorSource::kClient);
  return failure_;
}

void BodyReader::take_payload(std::string_view payload) {
  received_ += payload.size();
  if (copy_ != nullptr) copy_->add_request(payload);
  if (scan_ && scanner_.state() == JsonScanner::State::kMore) scanner_.feed(payload);
}

// Frames `raw_size` bytes at piece.data and keeps their payload, moved together where chunk framing lay between.
bool BodyReader::take_raw(Piece piece, std::size_t raw_size, std::size_t& used) {
  std::string_view raw(piece.data, raw_size);
  used = 0;
  piece.size = 0;
  while (!raw.empty() && !framer_.done()) {
    const auto next = framer_.next(raw);
    if (framer_.broken()) {
      fail(ErrorKind::kInvalid, "the request body's chunks are malformed");
      return false;
    }
    if (!next.payload.empty()) {
      if (next.payload.data() != piece.data + piece.size) {
        std::memmove(piece.data + piece.size, next.payload.data(), next.payload.size());
      }
      take_payload(std::string_view(piece.data + piece.size, next.payload.size()));
      piece.size += next.payload.size();
    }
    used += next.consumed;
    raw.remove_prefix(next.consumed);
  }
  if (received_ > limits_.total) {
    fail(ErrorKind::kTooLarge, "the request body is larger than " + std::to_string(limits_.total) + " bytes");
    return false;
  }
  if (piece.size > 0) {
    unsent_bytes_ += piece.size;
    held_ += piece.size;
    pieces_.push_back(std::move(piece));
  }
  return true;
}

BodyReader::ReadResult BodyReader::try_read() {
  if (!client_.readable()) return ReadResult::kWouldBlock;
  const bool large = received_ > 0 || !announced_ || *announced_ > Buffer::kSmall;
  Piece piece;
  // The room left in the last buffer is filled up first: many small reads make no chain of near-empty buffers.
  if (!pieces_.empty() && pieces_.back().owner && hold_) {
    Piece& last = pieces_.back();
    std::size_t room = last.owner.capacity() - static_cast<std::size_t>(last.data - last.owner.data()) - last.size;
    if (announced_) room = std::min<std::uint64_t>(room, framer_.left());
    if (room >= 4096 || (announced_ && room == framer_.left())) {
      const IoResult n = client_.read(last.data + last.size, room);
      if (n.would_block()) return ReadResult::kWouldBlock;
      if (!n.ok()) {
        fail(ErrorKind::kClosed, "the client closed the connection while sending its body");
        return ReadResult::kFailed;
      }
      piece.data = last.data + last.size;
      const std::size_t joint = last.size;
      std::size_t used = 0;
      if (!take_raw(std::move(piece), n.bytes, used)) return ReadResult::kFailed;
      swallowed_more_ = swallowed_more_ || used < n.bytes;
      if (pieces_.size() >= 2 && !pieces_.back().owner) {  // joined onto the piece before
        pieces_[pieces_.size() - 2].size += pieces_.back().size;
        pieces_.pop_back();
        if (first_unsent_ == pieces_.size()) {  // what stood there has been sent, what joined it has not
          --first_unsent_;
          unsent_offset_ = joint;
        }
      }
      return ReadResult::kProgress;
    }
  }
  piece.owner = Buffer(large ? Buffer::kLarge : Buffer::kSmall);
  piece.data = piece.owner.data();
  std::size_t room = piece.owner.capacity();
  if (announced_ && !replaced_) room = std::min<std::uint64_t>(room, framer_.left());  // the next request stays unread
  const IoResult n = client_.read(piece.data, room);
  if (n.would_block()) return ReadResult::kWouldBlock;
  if (!n.ok()) {
    fail(ErrorKind::kClosed, "the client closed the connection while sending its body");
    return ReadResult::kFailed;
  }
  std::size_t used = 0;
  if (!take_raw(std::move(piece), n.bytes, used)) return ReadResult::kFailed;
  swallowed_more_ = swallowed_more_ || used < n.bytes;
  return ReadResult::kProgress;
}

BodyReader::ReadResult BodyReader::read_ahead(std::size_t bytes) {
  ReadResult result = ReadResult::kWouldBlock;
  while (!complete() && unsent_bytes_ < bytes) {
    const ReadResult each = try_read();
    if (each == ReadResult::kFailed) return each;
    if (each == ReadResult::kWouldBlock) break;
    result = ReadResult::kProgress;
  }
  return result;
}

Task<Status> BodyReader::read_some() {
  if (failure_.kind != ErrorKind::kInternal) co_return failure_;
  if (held_ > limits_.held) {
    co_return fail(ErrorKind::kTooLarge, "the request body is larger than the " + std::to_string(limits_.held) +
                                             " bytes that can be held while deciding where it goes");
  }
  const MonoMs deadline = signal_.reactor().now_ms() + limits_.silence_ms;
  for (;;) {
    switch (try_read()) {
      case ReadResult::kProgress: co_return Status();
      case ReadResult::kFailed: co_return failure_;
      case ReadResult::kWouldBlock: break;
    }
    if (take_owed_continue()) {
      Status sent = co_await write_all(client_, signal_, "HTTP/1.1 100 Continue\r\n\r\n", deadline);
      if (!sent) co_return fail(sent.error().kind, sent.error().message);
      continue;
    }
    if (!co_await signal_.wait(deadline)) {
      co_return fail(ErrorKind::kTimeout, "the request body did not come in time");
    }
  }
}

Task<Status> BodyReader::read_all() {
  if (announced_ && *announced_ > limits_.held) {
    co_return fail(ErrorKind::kTooLarge, "the request body is larger than the " + std::to_string(limits_.held) +
                                             " bytes that can be held");
  }
  if (failure_.kind != ErrorKind::kInternal) co_return failure_;
  while (!complete()) {
    Status status = co_await read_some();
    if (!status) co_return status;
  }
  if (!replaced_ && held_ > limits_.held) {  // the last read may have brought its end and too much at once
    co_return fail(ErrorKind::kTooLarge, "the request body is larger than the " + std::to_string(limits_.held) +
                                             " bytes that can be held");
  }
  co_return Status();
}

Task<Status> BodyReader::read_model(bool stream_too) {
  if (failure_.kind != ErrorKind::kInternal) co_return failure_;
  while (!complete() && scanner_.state() == JsonScanner::State::kMore &&
         !(scanner_.seen(kModel) && (!stream_too || scanner_.seen(kStream)))) {
    Status status = co_await read_some();
    if (!status) co_return status;
  }
  co_return Status();
}

Task<Status> BodyReader::read_field(std::string_view name) {
  if (failure_.kind != ErrorKind::kInternal) co_return failure_;
  while (!complete() && !field(name)) {
    Status status = co_await read_some();
    if (!status) co_return status;
  }
  co_return Status();
}

std::optional<std::string> BodyReader::field(std::string_view name) const {
  if (scan_ && !replaced_ && (name == "model" || name == "stream")) {
    const std::size_t index = name == "model" ? kModel : kStream;
    if (!scanner_.seen(index)) return std::nullopt;
    return scanner_.capture(index).raw;
  }
  JsonScanner scanner({name}, kFieldBytes);
  for (const Piece& piece : pieces_) {
    if (scanner.feed(std::string_view(piece.data, piece.size)) != JsonScanner::State::kMore) break;
    if (scanner.seen(0)) break;
  }
  if (!scanner.seen(0)) return std::nullopt;
  return scanner.capture(0).raw;
}

void BodyReader::copy_to(CapturedBodies& copy) {
  for (const Piece& piece : pieces_) copy.add_request({piece.data, piece.size});
  copy_ = &copy;
}

std::string BodyReader::text() const {
  std::string out;
  out.reserve(held_);
  for (const Piece& piece : pieces_) out.append(piece.data, piece.size);
  return out;
}

void BodyReader::replace(std::string text) {
  pieces_.clear();
  Piece piece;
  piece.owner = Buffer(std::max<std::size_t>(text.size(), 1));
  piece.data = piece.owner.data();
  piece.size = text.size();
  std::memcpy(piece.data, text.data(), text.size());
  if (piece.size > 0) pieces_.push_back(std::move(piece));
  replaced_ = true;
  announced_ = text.size();
  held_ = unsent_bytes_ = text.size();
  first_unsent_ = unsent_offset_ = 0;
  dropped_ = 0;
  exists_ = exists_ || !text.empty();
}

std::optional<std::uint64_t> BodyReader::length() const {
  if (announced_) return announced_;
  if (complete()) return received_;
  return std::nullopt;
}

bool BodyReader::rewind() {
  if (dropped_ > 0) return false;
  first_unsent_ = unsent_offset_ = 0;
  unsent_bytes_ = held_;
  return true;
}

void BodyReader::stop_holding() {
  hold_ = false;
  for (; first_unsent_ > 0; --first_unsent_) {
    dropped_ += pieces_.front().size;
    held_ -= pieces_.front().size;
    pieces_.erase(pieces_.begin());
  }
}

int BodyReader::unsent(iovec* out, int max) const {
  int count = 0;
  std::size_t offset = unsent_offset_;
  for (std::size_t i = first_unsent_; i < pieces_.size() && count < max; ++i) {
    out[count++] = {pieces_[i].data + offset, pieces_[i].size - offset};
    offset = 0;
  }
  return count;
}

void BodyReader::mark_sent(std::size_t bytes) {
  unsent_bytes_ -= bytes;
  while (bytes > 0) {
    Piece& piece = pieces_[first_unsent_];
    const std::size_t n = std::min(bytes, piece.size - unsent_offset_);
    unsent_offset_ += n;
    bytes -= n;
    if (unsent_offset_ < piece.size) break;
    unsent_offset_ = 0;
    if (hold_) {
      ++first_unsent_;
    } else {
      dropped_ += piece.size;
      held_ -= piece.size;
      pieces_.erase(pieces_.begin());
    }
  }
}

}  // namespace moongate
