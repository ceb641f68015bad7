// What the bench upstream sends: one plain Anthropic answer, and the pieces of a streamed one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace moongate::bench {

// About 1 kB of JSON with `usage`, behind the headers that such a service sends.
std::string plain_answer();

// Head, message_start, content_block_start: everything before the first event that is counted.
std::string stream_opening();

// content_block_stop, message_delta (with usage), message_stop, and the end of the chunked body.
std::string stream_ending(int events);

// One content_block_delta of about 270 bytes as a chunk of its own. Its text carries the event's number and
// the time of sending, both with a fixed width, so that one buffer is filled in again for each event.
class DeltaEvent {
 public:
  DeltaEvent();
  // Valid until the next call.
  std::string_view with(int number, std::int64_t sent_ns);

 private:
  std::string text_;
  std::size_t number_at_ = 0;
  std::size_t time_at_ = 0;
};

}  // namespace moongate::bench
