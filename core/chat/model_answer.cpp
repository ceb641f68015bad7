// An answer of a model behind the gateway.
#include "chat/answer_source.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxRefusal = 256 * 1024;

class ModelAnswer final : public AnswerSource {
 public:
  ModelAnswer(DataPort& port, const ChatCaller& caller, const Prompt& prompt)
      : port_(port), reader_(dialect_of_model(prompt.model), {}) {
    PromptText text = render_prompt(prompt);
    request_.target = std::move(text.target);
    request_.headers = std::move(text.headers);
    request_.headers.emplace_back(text.credential_header, caller.credential);
    request_.body = std::move(text.body);
    request_.address = caller.address;
    request_.tls = caller.tls;
  }

  std::optional<HttpResponse> begin(const Gone& gone) override {
    auto call = call_data_port(port_, request_, gone);
    request_ = {};
    if (!call) return chat_failure(call.error());
    call_ = std::move(*call);
    if (call_->status() == 200) return std::nullopt;
    const Result<std::string> body = call_->read_all(kMaxRefusal, gone);
    if (!body) return chat_failure(body.error());
    return passed_refusal(call_->status(), call_->headers(), *body);
  }

  Result<bool> next() override {
    Result<DataCall::Piece> piece = call_->read();
    if (!piece) return piece.error();
    reader_.feed(piece->bytes);
    if (!reader_.error().empty()) return Error(ErrorKind::kClosed, reader_.error(), ErrorSource::kUpstream);
    if (!piece->ended) {
      if (port_.ending()) return Error(ErrorKind::kClosed, "The gateway is ending.");
      return true;
    }
    return false;
  }

  std::string request_id() const override {
    return call_ == nullptr ? std::string() : std::string(find_header(call_->headers(), "x-moongate-request-id"));
  }
  void listen(AnswerEvents events) override { reader_.listen(std::move(events)); }
  const std::string& text() const override { return reader_.text(); }
  const ChatUsage& usage() const override { return reader_.usage(); }
  const std::string& stop_reason() const override { return reader_.stop_reason(); }

 private:
  DataPort& port_;
  DataRequest request_;
  std::unique_ptr<DataCall> call_;
  AnswerReader reader_;
};

}  // namespace

std::unique_ptr<AnswerSource> ask_model(DataPort& port, const ChatCaller& caller, const Prompt& prompt) {
  return std::make_unique<ModelAnswer>(port, caller, prompt);
}

}  // namespace moongate
