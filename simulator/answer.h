// What the simulated model says, before a dialect puts it into JSON.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/conversation.h"
#include "simulator/faults.h"
#include "simulator/request.h"

namespace moongate::sim {

// A text in the pieces that a stream sends it in. Copyable; each copy goes its own way.
class Pieces {
 public:
  Pieces() = default;
  // A word and the white space behind it per piece.
  static Pieces words(std::string text);
  // About `bytes` per piece, never cutting a character.
  static Pieces runs(std::string text, std::size_t bytes);
  // `count` made-up words "w1 w2 …", each piece padded to `bytes` (0: not padded). Nothing of it is kept in
  // memory.
  static Pieces made_up(std::int64_t count, std::int64_t bytes, bool utf8);

  // False: that was the last one.
  bool next(std::string& piece);
  std::int64_t count() const { return count_; }
  std::int64_t word_count() const { return words_; }
  bool empty() const { return count_ == 0; }
  // All pieces joined.
  std::string whole() const;

 private:
  std::string text_;
  std::size_t at_ = 0, run_ = 0;
  std::int64_t count_ = 0, words_ = 0, made_ = 0, bytes_ = 0;
  bool made_up_ = false, utf8_ = false;
};

struct ToolCall {
  std::string name;
  boost::json::object arguments;
};

enum class StopReason : std::uint8_t { kEnd, kMaxTokens, kTool };

struct Answer {
  Pieces thinking;  // empty: none
  Pieces text;      // empty: none
  std::optional<ToolCall> tool;
  StopReason stop = StopReason::kEnd;

  // Usage, in the sense common to all dialects; each puts it into its own fields.
  std::int64_t prompt_tokens = 0;    // without what the cache gave or took
  std::int64_t output_tokens = 0;    // text and tool call
  std::int64_t thinking_tokens = 0;  // not part of output_tokens here
  std::int64_t cache_read = 0, cache_write_5m = 0, cache_write_1h = 0;
};

// Always the same answer for the same request and faults.
Answer compose(const Conversation& conversation, const Faults& faults, const Request& request);

}  // namespace moongate::sim
