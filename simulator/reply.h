// What a face answers: a head and a body, or a head and events to come.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace moongate::sim {

// How events stand on the wire.
enum class StreamForm : std::uint8_t {
  kNone,          // a plain body
  kAnthropicSse,  // "event: name", "data: …", blank line
  kGoogleSse,     // "data: …", blank line
  kGoogleArray,   // one JSON array, pretty-printed
};

enum class EventKind : std::uint8_t {
  kOpening,  // before the first and between contents: message_start, content_block_start, …
  kContent,  // carries a piece of the answer: what pace, after and events count
  kClosing,  // without it the stream is not whole: message_delta, the chunk with finishReason
};

struct StreamEvent {
  EventKind kind = EventKind::kOpening;
  std::string_view name;  // of the SSE event; a constant
  std::string data;       // JSON
};

// Makes the events one at a time, so that a waiting stream holds its state and not its text.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // False: that was the last one.
  virtual bool next(StreamEvent& event) = 0;
  virtual std::int64_t content_events() const = 0;
};

struct Reply {
  int status = 200;
  HeaderList headers;  // without framing, date and connection
  std::string body;
  StreamForm form = StreamForm::kNone;
  std::unique_ptr<EventSource> events;  // unless kNone
  StreamEvent error_event;              // what error-event=1 sends in this dialect
};

}  // namespace moongate::sim
