// Token usage of an answer, as every provider's reply tells it, in one shape.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/api.h"

namespace moongate {

// Counts of tokens. "unset" is kUnset, so that a field never reported differs from a reported zero.
struct Usage {
  static constexpr std::int64_t kUnset = -1;
  std::int64_t input = kUnset;            // uncached input (Gemini: prompt minus cached)
  std::int64_t cache_write_5m = kUnset;
  std::int64_t cache_write_1h = kUnset;
  std::int64_t cache_read = kUnset;
  std::int64_t output = kUnset;           // visible output (Gemini: candidates; Anthropic: all of output_tokens)
  std::int64_t thoughts = kUnset;         // Gemini: billed beside output; Anthropic: a subset of output, informative
  std::int64_t tool_prompt = kUnset;      // Gemini toolUsePromptTokenCount
  std::int64_t audio_input = kUnset;      // part of input
  std::int64_t web_searches = kUnset;
  bool complete = false;                  // the final report was seen (message_stop, finishReason, plain body's end)
  bool any() const { return input >= 0 || output >= 0 || cache_read >= 0; }
};

// How the answer's body is laid out, from its Content-Type and the request.
enum class BodyForm : std::uint8_t { kJson, kSse, kJsonArray, kOpaque };

// Reads usage out of an answer's *decoded* payload (no chunk framing, no compression) while it flows by.
// Fed with pieces cut anywhere; keeps less than 1 KiB between pieces unless a usage object is being captured.
class UsageReader {
 public:
  UsageReader(Dialect answer_dialect, BodyForm form);
  ~UsageReader();
  UsageReader(UsageReader&&) noexcept;
  UsageReader& operator=(UsageReader&&) noexcept;

  void feed(std::string_view payload);
  // Field by field, later non-null wins; nothing is ever added (wire rule of all three dialects).
  const Usage& usage() const;
  // SSE and arrays: the stream's own final event was seen (message_stop; a chunk with finishReason or blockReason),
  // or its own error event. False at a clean end of transport means that the answer was cut.
  bool final_event_seen() const;
  bool error_event_seen() const;
  // True when the bytes so far end between two events (a comment or an error event may be put here).
  bool at_event_boundary() const;
  // kJsonArray: how many elements have been completed (an inserted element needs a comma when > 0).
  std::uint64_t elements() const;
  // The model that the answer itself names, empty until known.
  std::string_view model() const;

 private:
  // implementation's
};

}  // namespace moongate
