// Cuts a server-sent-events stream into whole events, for whoever has to see or change them one by one.
// Streams that nobody looks into are relayed without this.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/piece_holder.h"

namespace moongate {

// Loses and changes nothing: the pieces, put together, are the bytes that were fed. An event ends with its
// blank line (LF, CRLF or CR); comments and stray blank lines come as events without fields. A blank line
// that ends in CR is held until the next byte shows whether an LF belongs to it, except in streams that use
// CR alone.
class SseSplitter {
 public:
  explicit SseSplitter(std::size_t max_event_bytes) : holder_(max_event_bytes) {}

  // The next bytes of the stream; they must stay where they are until next() has said kMore. Call only then.
  void feed(std::string_view bytes) { input_ = bytes; }
  // `piece` is valid until the next call of next() or feed().
  Piece next(std::string_view& piece);
  // After kMore: what is held of an incomplete event. To be relayed when the stream ends there.
  std::string_view held() const { return holder_.held(); }

 private:
  Piece give(std::size_t length, bool complete, std::string_view& piece);

  PieceHolder holder_;
  std::string_view input_;
  bool line_empty_ = true;
  bool after_cr_ = false;
  bool blank_cr_ = false;  // that CR ended a blank line
  bool lone_cr_ = false;
};

// One event's fields. `data` has its lines joined with LF; it points into the raw event or into `scratch`.
struct SseEvent {
  std::string_view name;  // of the last "event:" line; empty: none
  std::string_view data;
  bool has_data = false;  // false: clients do not see this event (a comment, a blank line)
};
SseEvent parse_sse_event(std::string_view raw, std::string& scratch);

// An event as bytes. A line break in `data` makes another data line; `name` ends at its first line break.
std::string format_sse_event(std::string_view name, std::string_view data);

}  // namespace moongate
