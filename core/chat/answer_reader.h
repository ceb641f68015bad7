// What a model says, out of the event stream of its provider.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "chat/chat_model.h"
#include "protocol/sse.h"

namespace moongate {

// As the provider tells it; what it does not tell is 0.
struct ChatUsage {
  std::int64_t input_tokens = 0;  // all of the prompt, what was read from or written to a cache included
  std::int64_t output_tokens = 0;
  std::int64_t cache_read_tokens = 0, cache_write_tokens = 0;
  bool operator==(const ChatUsage&) const = default;
};

// Called as it comes.
struct AnswerEvents {
  std::function<void(std::string_view text)> delta;
  std::function<void(std::string_view text)> thinking;
};

class AnswerReader {
 public:
  AnswerReader(ChatDialect dialect, AnswerEvents events) : dialect_(dialect), events_(std::move(events)), splitter_(kMaxEvent) {}

  void listen(AnswerEvents events) { events_ = std::move(events); }
  // The next bytes of the body. What is no event that we know is passed over.
  void feed(std::string_view bytes);

  // For whoever gets Anthropic's events otherwise than in a stream.
  void take_claude_event(const boost::json::object& event) { claude(event); }
  void take_claude_usage(const boost::json::object& usage);
  // Text on its own, a blank line behind what is there.
  void add_paragraph(std::string_view text);

  const std::string& text() const { return text_; }
  const ChatUsage& usage() const { return usage_; }
  // "end_turn", "max_tokens", "refusal", …, in Anthropic's words; empty: it has not been told.
  const std::string& stop_reason() const { return stop_reason_; }
  // The final event has come.
  bool complete() const { return complete_; }
  // An error in the middle of the stream; empty: none.
  const std::string& error() const { return error_; }

 private:
  static constexpr std::size_t kMaxEvent = 4u << 20;
  static constexpr std::size_t kMaxText = 8u << 20;
  void take_event(std::string_view raw);
  void claude(const boost::json::object& event);
  void gemini(const boost::json::object& event);
  void openai(const boost::json::object& event);
  void say(std::string_view text);
  void think(std::string_view text);

  ChatDialect dialect_;
  AnswerEvents events_;
  SseSplitter splitter_;
  std::string scratch_;
  std::string text_;
  ChatUsage usage_;
  std::string stop_reason_;
  std::string error_;
  bool complete_ = false;
};

// The message of an error answer in any provider's shape; empty: there is none.
std::string message_of_error(std::string_view body);

}  // namespace moongate
