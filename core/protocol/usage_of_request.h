// What only a request tells of its usage.
#pragma once

#include <cstdint>
#include <string_view>

namespace moongate {

// How much video predictLongRunning was asked for, in milliseconds: durationSeconds times sampleCount (or numberOfVideos)
// of the body's "parameters", each a number or a number in quotes. What is not said, or makes no sense, is the models' own
// default: one video of eight seconds. The answers never tell it, and an operation is paid once, when it is accepted; set
// Usage::video_ms by this then, and not when its result is fetched.
std::int64_t requested_video_ms(std::string_view parameters);

}  // namespace moongate
