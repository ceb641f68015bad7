// text_completion, whole and streamed.
#include "openai/answer_writer.h"
#include "openai/json_writer.h"
#include "protocol/api.h"

namespace moongate::openai {
namespace {

class CompletionsWriter final : public AnswerWriter {
 public:
  CompletionsWriter(const Prompt& prompt, AnswerHead head) : prompt_(prompt), head_(std::move(head)) {
    head_.id.insert(0, "cmpl-");
  }

  void text(std::string_view piece) override {
    if (prompt_.stream) {
      chunk(piece, Finish::kNone);
    } else {
      text_ += piece;
    }
  }
  // This form has no place for thoughts, and no calls without tools.
  void thought(std::string_view) override {}
  void thought_end(std::string_view, std::string_view) override {}
  void call(std::string_view, std::string_view, std::string_view) override {}
  void arguments(std::string_view) override {}
  void call_end() override {}

  void end(Finish finish, const Usage& usage) override {
    chunk("", finish == Finish::kNone ? Finish::kStop : finish);
    if (prompt_.include_usage) {
      out() += "data: ";
      JsonWriter json(out());
      write_head(json).name("choices").array().end_array();
      write_usage(json, usage);
      json.end_object();
      out() += "\n\n";
    }
    out() += "data: [DONE]\n\n";
  }

  void fault(const Fault& fault) override {
    out() += error_event(Dialect::kOpenAi,
                         {.http_status = fault.status, .message = fault.message, .request_id = {}, .reason = fault.code});
  }

  std::string whole(Finish finish, const Usage& usage) override {
    std::string body;
    JsonWriter json(body);
    write_head(json);
    write_choice(json, text_, finish == Finish::kNone ? Finish::kStop : finish);
    write_usage(json, usage);
    json.end_object();
    return body;
  }

 private:
  JsonWriter& write_head(JsonWriter& json) {
    json.object().member("id", head_.id).member("object", "text_completion").member("created", head_.now_s);
    return json.member("model", head_.model);
  }

  static void write_choice(JsonWriter& json, std::string_view text, Finish finish) {
    json.name("choices").array().object().member("text", text).member("index", 0).member("logprobs", nullptr);
    json.name("finish_reason");
    if (finish == Finish::kNone) {
      json.value(nullptr);
    } else {
      json.value(finish_word(finish));
    }
    json.end_object().end_array();
  }

  static void write_usage(JsonWriter& json, const Usage& usage) {
    json.name("usage").object().member("prompt_tokens", usage.prompt).member("completion_tokens", usage.completion);
    json.member("total_tokens", usage.prompt + usage.completion).end_object();
  }

  void chunk(std::string_view text, Finish finish) {
    out() += "data: ";
    JsonWriter json(out());
    write_head(json);
    write_choice(json, text, finish);
    if (prompt_.include_usage) json.member("usage", nullptr);
    json.end_object();
    out() += "\n\n";
  }

  const Prompt& prompt_;
  AnswerHead head_;
  std::string text_;
};

}  // namespace

std::unique_ptr<AnswerWriter> completions_writer(const Prompt& prompt, AnswerHead head) {
  return std::make_unique<CompletionsWriter>(prompt, std::move(head));
}

}  // namespace moongate::openai
