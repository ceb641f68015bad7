// Anthropic's Messages, answered.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "openai/answer_reader.h"
#include "openai/json_writer.h"
#include "openai/members.h"

namespace moongate::openai {
namespace {

namespace json = boost::json;

Finish finish_of(std::string_view reason) {
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return Finish::kLength;
  if (reason == "tool_use") return Finish::kToolCalls;
  if (reason == "refusal") return Finish::kContentFilter;
  return Finish::kStop;  // end_turn, stop_sequence, pause_turn
}

class ClaudeAnswer final : public AnswerReader {
 public:
  Status whole(const json::object& body, AnswerSink& sink) override {
    const json::array* content = array_in(body, "content");
    if (content == nullptr) return Error(ErrorKind::kInternal, "The provider's answer has no content");
    for (const json::value& each : *content) {
      if (!each.is_object()) continue;
      start(each.get_object(), sink);
      stop(sink);
    }
    read_stop(body);
    read_usage(object_in(body, "usage"));
    return {};
  }

  void event(const json::object& data, AnswerSink& sink) override {
    const std::string_view type = string_in(data, "type");
    if (type == "content_block_delta") {
      if (const json::object* delta = object_in(data, "delta")) read_delta(*delta, sink);
    } else if (type == "content_block_start") {
      stop(sink);
      if (const json::object* block = object_in(data, "content_block")) start(*block, sink);
    } else if (type == "content_block_stop") {
      stop(sink);
    } else if (type == "message_start") {
      if (const json::object* message = object_in(data, "message")) read_usage(object_in(*message, "usage"));
    } else if (type == "message_delta") {
      if (const json::object* delta = object_in(data, "delta")) read_stop(*delta);
      read_usage(object_in(data, "usage"));
    } else if (type == "error") {
      fault_ = read_fault(0, data);
    }
  }

  void close(AnswerSink& sink) override { stop(sink); }

 private:
  enum class Open : std::uint8_t { kNothing, kText, kThought, kCall };

  void start(const json::object& block, AnswerSink& sink) {
    const std::string_view type = string_in(block, "type");
    if (type == "text") {
      open_ = Open::kText;
      if (const auto text = string_in(block, "text"); !text.empty()) sink.text(text);
    } else if (type == "thinking") {
      open_ = Open::kThought;
      signature_ = string_in(block, "signature");
      if (const auto text = string_in(block, "thinking"); !text.empty()) sink.thought(text);
    } else if (type == "redacted_thinking") {
      sink.thought_end({}, string_in(block, "data"));
    } else if (type == "tool_use") {
      open_ = Open::kCall;
      sink.call(string_in(block, "id"), string_in(block, "name"), {});
      const json::object* input = object_in(block, "input");
      input_ = input != nullptr ? json_text(*input) : "{}";
    }
  }

  void read_delta(const json::object& delta, AnswerSink& sink) {
    const std::string_view type = string_in(delta, "type");
    if (type == "text_delta") {
      if (const auto text = string_in(delta, "text"); !text.empty()) sink.text(text);
    } else if (type == "input_json_delta" && open_ == Open::kCall) {
      const std::string_view piece = string_in(delta, "partial_json");
      if (piece.empty()) return;
      input_.clear();  // the pieces are all of it
      sink.arguments(piece);
    } else if (type == "thinking_delta" && open_ == Open::kThought) {
      if (const auto text = string_in(delta, "thinking"); !text.empty()) sink.thought(text);
    } else if (type == "signature_delta" && open_ == Open::kThought) {
      signature_ += string_in(delta, "signature");
    }
  }

  void stop(AnswerSink& sink) {
    if (open_ == Open::kThought) sink.thought_end(signature_, {});
    if (open_ == Open::kCall) {
      if (!input_.empty()) sink.arguments(input_);
      sink.call_end();
    }
    open_ = Open::kNothing;
    signature_.clear();
    input_.clear();
  }

  void read_stop(const json::object& from) {
    if (const auto reason = string_in(from, "stop_reason"); !reason.empty()) finish_ = finish_of(reason);
  }

  // Told twice in a stream, cumulatively and not always whole: what is told later counts.
  void read_usage(const json::object* usage) {
    if (usage == nullptr) return;
    merge(*usage, "input_tokens", input_tokens_);
    merge(*usage, "cache_creation_input_tokens", written_);
    merge(*usage, "cache_read_input_tokens", usage_.cached);
    merge(*usage, "output_tokens", usage_.completion);
    if (const json::object* details = object_in(*usage, "output_tokens_details")) {
      merge(*details, "thinking_tokens", usage_.reasoning);
    }
    usage_.prompt = input_tokens_ + written_ + usage_.cached;
  }

  static void merge(const json::object& from, std::string_view name, std::int64_t& into) {
    if (const auto count = count_in(from, name)) into = *count;
  }

  Open open_ = Open::kNothing;
  std::string signature_;
  std::string input_;
  std::int64_t input_tokens_ = 0;
  std::int64_t written_ = 0;
};

}  // namespace

std::unique_ptr<AnswerReader> claude_answer() { return std::make_unique<ClaudeAnswer>(); }

}  // namespace moongate::openai
