// One event of a stream as text: an SSE event with its lines, or one element of a JSON array.
#pragma once

#include <string>
#include <string_view>

namespace moongate {

// An element of a JSON array begins with a brace; no line of an SSE event does.
bool is_sse_event(std::string_view text);

// The value of the "event:" line; empty when there is none.
std::string_view event_name(std::string_view text);
// The values of all "data:" lines, joined by newlines; of an array's element, the element itself.
std::string event_data(std::string_view text);
// Puts `data` in the place of what event_data() gives. Other lines, line ends and the blank line stay as they
// are.
void set_event_data(std::string& text, std::string_view data);

}  // namespace moongate
