#include "simulator/answer.h"

#include <algorithm>
#include <boost/json.hpp>

#include "crypto/hash.h"
#include "simulator/schema_sample.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t kQuotedCharacters = 200;
constexpr std::int64_t kEventsWithoutCount = 4;  // event-bytes without events
constexpr std::string_view kThought = "The user wants an answer and the simulator has one ready.";
constexpr std::string_view kManyAlphabets = "Grüße aus Zürich, 世界 говорит привет und 🚀 fliegt.";

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string_view first_characters(std::string_view text, std::size_t most) {
  std::size_t at = 0;
  for (std::size_t characters = 0; at < text.size(); ++at) {
    if (!continues(text[at]) && characters++ == most) break;
  }
  return text.substr(0, at);
}

std::string_view first_words(std::string_view text, std::int64_t most) {
  std::size_t at = 0;
  for (std::int64_t words = 0; at < text.size() && words < most; ++words) {
    while (at < text.size() && is_space(text[at])) ++at;
    while (at < text.size() && !is_space(text[at])) ++at;
  }
  return text.substr(0, at);
}

std::string echo_of(const Request& request) {
  json::array headers;
  for (const auto& [name, value] : masked_headers(request)) headers.push_back(json::array{name, value});
  return json::serialize(json::object{{"method", request.method},
                                      {"target", masked_target(request)},
                                      {"headers", std::move(headers)},
                                      {"body_sha256", sha256_hex(request.body)},
                                      {"body_length", static_cast<std::int64_t>(request.body.size())}});
}

std::string usual_text(const Conversation& conversation, const Faults& faults) {
  std::string text = "Hello from the simulator. ";
  if (faults.utf8) (text += kManyAlphabets) += ' ';
  text += "You said: ";
  text += first_characters(without_directives(conversation.last_user_text), kQuotedCharacters);
  return text;
}

}  // namespace

Pieces Pieces::words(std::string text) {
  Pieces p;
  p.words_ = count_words(text);
  p.text_ = std::move(text);
  p.count_ = p.words_ > 0 ? p.words_ : (p.text_.empty() ? 0 : 1);
  return p;
}

Pieces Pieces::runs(std::string text, std::size_t bytes) {
  Pieces p;
  p.words_ = count_words(text);
  p.text_ = std::move(text);
  p.run_ = std::max<std::size_t>(bytes, 4);
  Pieces walk = p;
  walk.count_ = static_cast<std::int64_t>(p.text_.size());
  for (std::string piece; walk.next(piece);) ++p.count_;
  return p;
}

Pieces Pieces::made_up(std::int64_t count, std::int64_t bytes, bool utf8) {
  Pieces p;
  p.made_up_ = true;
  p.count_ = count;
  p.words_ = bytes == 1 ? std::min<std::int64_t>(count, 1) : count;
  p.bytes_ = bytes;
  p.utf8_ = utf8;
  return p;
}

bool Pieces::next(std::string& piece) {
  piece.clear();
  if (made_up_) {
    if (made_ >= count_) return false;
    piece = "w" + std::to_string(++made_);
    if (bytes_ == 1) {
      piece = "x";  // no room for a blank: all of it is one word
      return true;
    }
    if (bytes_ > 0) {
      const auto wanted = static_cast<std::size_t>(bytes_ - 1);
      while (utf8_ && piece.size() + 3 <= wanted) piece += "界";
      piece.resize(wanted, 'x');
    } else if (utf8_) {
      piece += "界";
    }
    piece += ' ';
    return true;
  }
  if (at_ >= text_.size()) return false;
  std::size_t end = at_;
  if (run_ > 0) {
    end = std::min(text_.size(), at_ + run_);
    while (end < text_.size() && end > at_ + 1 && continues(text_[end])) --end;
  } else {
    while (end < text_.size() && is_space(text_[end])) ++end;  // only before the first word
    while (end < text_.size() && !is_space(text_[end])) ++end;
    while (end < text_.size() && is_space(text_[end])) ++end;
  }
  piece.assign(text_, at_, end - at_);
  at_ = end;
  return true;
}

std::string Pieces::whole() const {
  if (!made_up_) return text_;
  Pieces walk = *this;
  walk.made_ = 0;
  std::string all, piece;
  while (walk.next(piece)) all += piece;
  return all;
}

Answer compose(const Conversation& conversation, const Faults& faults, const Request& request) {
  Answer answer;
  answer.prompt_tokens = conversation.prompt_tokens();
  answer.cache_read = faults.cache_read;
  answer.cache_write_5m = faults.cache_write;
  answer.cache_write_1h = faults.cache_write_1h;
  if (faults.thinking || conversation.thinking) answer.thinking = Pieces::words(std::string(kThought));
  answer.thinking_tokens = faults.thoughts >= 0 ? faults.thoughts : answer.thinking.word_count();

  const bool call =
      (faults.tool || conversation.tool_forced) && !conversation.tools.empty() && !conversation.answers_tool;
  if (call) {
    const Tool& tool = conversation.tools.front();
    json::value arguments = sample_of(tool.schema, tool.name);
    answer.tool =
        ToolCall{tool.name, arguments.is_object() ? std::move(arguments.get_object()) : json::object{}};
    answer.stop = StopReason::kTool;
    answer.output_tokens = kToolTokens;
    return answer;
  }

  if (faults.events >= 0 || faults.event_bytes > 0) {
    answer.text = Pieces::made_up(faults.events >= 0 ? faults.events : kEventsWithoutCount,
                                  std::max<std::int64_t>(faults.event_bytes, 0), faults.utf8);
  } else if (faults.echo_headers) {
    answer.text = Pieces::words(echo_of(request));
  } else if (conversation.answer_schema) {
    answer.text = Pieces::words(json::serialize(sample_of(*conversation.answer_schema, "answer")));
  } else {
    std::string text = usual_text(conversation, faults);
    if (conversation.max_tokens > 0 && conversation.max_tokens < count_words(text)) {
      text = std::string(first_words(text, conversation.max_tokens));
      answer.stop = StopReason::kMaxTokens;
    }
    answer.text = Pieces::words(std::move(text));
  }
  answer.output_tokens = answer.text.word_count();
  return answer;
}

}  // namespace moongate::sim
