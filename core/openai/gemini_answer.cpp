// Gemini's generateContent, answered; of a stream, each event is such an answer with a piece of it.
#include "openai/answer_reader.h"
#include "openai/json_writer.h"
#include "openai/members.h"

namespace moongate::openai {
namespace {

namespace json = boost::json;

Finish finish_of(std::string_view reason) {
  if (reason.empty() || reason == "FINISH_REASON_UNSPECIFIED") return Finish::kNone;
  if (reason == "MAX_TOKENS") return Finish::kLength;
  for (const std::string_view filtered : {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
                                          "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"}) {
    if (reason == filtered) return Finish::kContentFilter;
  }
  return Finish::kStop;
}

class GeminiAnswer final : public AnswerReader {
 public:
  explicit GeminiAnswer(std::string call_ids) : call_ids_(std::move(call_ids)) {}

  Status whole(const json::object& body, AnswerSink& sink) override {
    if (!body.contains("candidates") && !body.contains("promptFeedback")) {
      return Error(ErrorKind::kInternal, "The provider's answer has no candidates");
    }
    event(body, sink);
    close(sink);
    return {};
  }

  void event(const json::object& data, AnswerSink& sink) override {
    if (data.contains("error")) {
      fault_ = read_fault(0, data);
      return;
    }
    if (const json::array* candidates = array_in(data, "candidates"); candidates != nullptr && !candidates->empty()) {
      if (const json::object* first = candidates->front().if_object()) read_candidate(*first, sink);
    } else if (const json::object* feedback = object_in(data, "promptFeedback")) {
      if (!string_in(*feedback, "blockReason").empty()) finish_ = Finish::kContentFilter;
    }
    read_usage(object_in(data, "usageMetadata"));
  }

  void close(AnswerSink& sink) override {
    if (thinking_) sink.thought_end({}, {});
    thinking_ = false;
  }

 private:
  void read_candidate(const json::object& candidate, AnswerSink& sink) {
    if (const json::object* content = object_in(candidate, "content")) {
      if (const json::array* parts = array_in(*content, "parts")) {
        for (const json::value& part : *parts) {
          if (part.is_object()) read_part(part.get_object(), sink);
        }
      }
    }
    const Finish told = finish_of(string_in(candidate, "finishReason"));
    if (told != Finish::kNone) finish_ = told;
    if (finish_ == Finish::kStop && calls_ != 0) finish_ = Finish::kToolCalls;
  }

  void read_part(const json::object& part, AnswerSink& sink) {
    const std::string_view text = string_in(part, "text");
    if (flag_in(part, "thought")) {
      if (text.empty()) return;
      thinking_ = true;
      sink.thought(text);
      return;
    }
    const json::object* call = object_in(part, "functionCall");
    if (text.empty() && call == nullptr) return;
    close(sink);
    if (!text.empty()) sink.text(text);
    if (call == nullptr) return;
    sink.call(call_ids_ + std::to_string(calls_++), string_in(*call, "name"), string_in(part, "thoughtSignature"));
    const json::object* args = object_in(*call, "args");
    sink.arguments(args != nullptr ? json_text(*args) : "{}");
    sink.call_end();
  }

  // Cumulative: the last that is told counts.
  void read_usage(const json::object* usage) {
    if (usage == nullptr) return;
    const auto merge = [&](std::string_view name, std::int64_t& into) {
      if (const auto count = count_in(*usage, name)) into = *count;
    };
    merge("promptTokenCount", prompt_);
    merge("toolUsePromptTokenCount", tool_prompt_);
    merge("candidatesTokenCount", candidates_);
    merge("thoughtsTokenCount", usage_.reasoning);
    merge("cachedContentTokenCount", usage_.cached);
    usage_.prompt = prompt_ + tool_prompt_;
    usage_.completion = candidates_ + usage_.reasoning;
  }

  const std::string call_ids_;
  std::size_t calls_ = 0;
  bool thinking_ = false;
  std::int64_t prompt_ = 0;
  std::int64_t tool_prompt_ = 0;
  std::int64_t candidates_ = 0;
};

}  // namespace

std::unique_ptr<AnswerReader> gemini_answer(std::string call_ids) {
  return std::make_unique<GeminiAnswer>(std::move(call_ids));
}

}  // namespace moongate::openai
