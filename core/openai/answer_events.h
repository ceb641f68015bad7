// An answer in no provider's language, piece by piece. A plain answer is the same pieces at once, so that whoever writes it
// down cannot tell the two apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace moongate::openai {

enum class Finish : std::uint8_t { kNone, kStop, kLength, kToolCalls, kContentFilter };

struct Usage {
  std::int64_t prompt = 0;  // all of it, with what was read from or written to a cache
  std::int64_t completion = 0;
  std::int64_t cached = 0;     // of prompt: read from a cache
  std::int64_t reasoning = 0;  // of completion
};

// What a provider says went wrong. `code` is OpenAI's word for it, or the provider's.
struct Fault {
  int status = 500;
  std::string message;
  std::string code;
};

// One thing at a time: a thought or a call ends before the next thing begins.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void text(std::string_view piece) = 0;
  virtual void thought(std::string_view piece) = 0;
  // The end of a thought. `signature`: Claude's seal under it. `sealed`: what Claude thought but did not show.
  virtual void thought_end(std::string_view signature, std::string_view sealed) = 0;
  // `signature`: Gemini's, which has to come back with the call.
  virtual void call(std::string_view id, std::string_view name, std::string_view signature) = 0;
  virtual void arguments(std::string_view piece) = 0;
  virtual void call_end() = 0;
};

}  // namespace moongate::openai
