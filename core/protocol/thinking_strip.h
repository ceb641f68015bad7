// Takes thinking blocks out of an Anthropic Messages body whose signatures the upstream does not accept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace moongate {

// The body without any "thinking" and "redacted_thinking" block in messages[].content[], every other byte as it was. A
// message that held nothing else goes as a whole: the API joins neighbours of one role, and refuses an empty one.
// nullopt: there is none to take out, or the body is not JSON of that shape.
std::optional<std::string> strip_thinking(std::string_view body);

}  // namespace moongate
