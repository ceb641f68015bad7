#include "openai/generation_call.h"

#include <algorithm>

#include "openai/answer_reader.h"
#include "openai/answer_writer.h"
#include "openai/chat_reader.h"
#include "openai/path_segment.h"
#include "openai/provider_request.h"
#include "openai/responses_reader.h"

namespace moongate::openai {
namespace {

// The end of a response repeats all of it, so that it is kept meanwhile. No model says this much.
constexpr std::size_t kLongestStream = std::size_t{64} << 20;

bool is_claude(Provider provider) { return provider == Provider::kAnthropic || provider == Provider::kVertexClaude; }

class GenerationCall final : public OpenAiCall {
 public:
  GenerationCall(OpenAiKind kind, JsonDocument body) : kind_(kind), body_(std::move(body)) {}

  Status read() {
    Problem problem;
    const Node body(body_.value(), problem);
    switch (kind_) {
      case OpenAiKind::kChat:
        read_chat(body, prompt_);
        break;
      case OpenAiKind::kCompletions:
        read_completions(body, prompt_);
        break;
      case OpenAiKind::kResponses:
        read_responses(body, prompt_);
        break;
      case OpenAiKind::kEmbeddings:  // read elsewhere
        body.refuse("makes no text");
        break;
    }
    if (!problem.none()) return problem.first();
    return {};
  }

  bool stream() const override { return prompt_.stream; }

  Result<Native> request_for(Provider provider, std::string_view model) const override {
    Result<std::string> body =
        is_claude(provider) ? claude_request(prompt_, model) : gemini_request(prompt_, model, provider);
    if (!body) return std::move(body).error();
    Native native;
    native.body = std::move(body).value();
    if (is_claude(provider)) {
      native.target = "/v1/messages";
    } else {
      native.target = "/v1beta/models/" + path_segment(model);
      native.target += prompt_.stream ? ":streamGenerateContent?alt=sse" : ":generateContent";
    }
    return native;
  }

  void begin_answer(Provider provider, std::string_view model, std::string_view id, std::int64_t now_s) override {
    reader_ = is_claude(provider) ? claude_answer() : gemini_answer("call_" + std::string(id) + '_');
    AnswerHead head{std::string(id), std::string(model), now_s};
    writer_ = kind_ == OpenAiKind::kCompletions ? completions_writer(prompt_, std::move(head))
              : kind_ == OpenAiKind::kResponses ? responses_writer(prompt_, std::move(head))
                                                : chat_writer(prompt_, std::move(head));
    bytes_ = 0;
    begun_ = over_ = false;
  }

  Result<std::string> answer(std::string_view body) override {
    const Result<JsonDocument> document = JsonDocument::parse(body);
    if (!document) return Error(ErrorKind::kInternal, "The provider's answer is no JSON", ErrorSource::kUpstream);
    if (Status read = reader_->whole(document.value().object(), *writer_); !read) return read.error();
    const Finish finish = reader_->finish() == Finish::kNone ? Finish::kStop : reader_->finish();
    return writer_->whole(finish, reader_->usage());
  }

  void event(std::string_view, std::string_view data, std::string& out) override {
    if (over_) return;
    begin(out);
    bytes_ += data.size();
    if (bytes_ > kLongestStream) return fail({502, "The provider's answer is too long", "bad_gateway"});
    const Result<JsonDocument> document = JsonDocument::parse(data);
    if (!document) return fail({502, "The provider sent an event that is no JSON object", "bad_gateway"});
    reader_->event(document.value().object(), *writer_);
    if (reader_->fault()) fail(*reader_->fault());
  }

  void end(std::string& out) override {
    if (over_) return;
    begin(out);
    reader_->close(*writer_);
    if (reader_->finish() == Finish::kNone) {
      return fail({502, "The provider's stream ended before the answer did", "bad_gateway"});
    }
    writer_->end(reader_->finish(), reader_->usage());
    over_ = true;
  }

 private:
  void begin(std::string& out) {
    writer_->write_to(out);
    if (!begun_) writer_->begin();
    begun_ = true;
  }

  void fail(const Fault& fault) {
    writer_->fault(fault);
    over_ = true;
  }

  const OpenAiKind kind_;
  const JsonDocument body_;  // what the prompt's views point into
  Prompt prompt_;
  std::unique_ptr<AnswerReader> reader_;
  std::unique_ptr<AnswerWriter> writer_;
  std::size_t bytes_ = 0;
  bool begun_ = false;
  bool over_ = false;
};

}  // namespace

Result<std::unique_ptr<OpenAiCall>> read_generation(OpenAiKind kind, JsonDocument body) {
  auto call = std::make_unique<GenerationCall>(kind, std::move(body));
  if (Status read = call->read(); !read) return read.error();
  return std::unique_ptr<OpenAiCall>(std::move(call));
}

}  // namespace moongate::openai
