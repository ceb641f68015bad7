#include "script/spec/bench_exchange.h"

#include "http/message.h"
#include "protocol/json_scanner.h"

namespace moongate {

Task<Status> BenchBody::read_all() {
  arrived_ = true;
  co_return failure;
}

Task<Status> BenchBody::read_field(std::string_view) {
  arrived_ = true;
  co_return failure;
}

std::optional<std::string> BenchBody::field(std::string_view name) const {
  JsonScanner scanner({name}, 65536);
  scanner.feed(text_);
  if (!scanner.seen(0)) return std::nullopt;
  return scanner.capture(0).raw;
}

Result<std::unique_ptr<BenchExchange>> BenchExchange::make(const Spec& spec) {
  std::unique_ptr<BenchExchange> made(new BenchExchange);
  std::string& text = made->head_text_;
  text = spec.method + " " + spec.target + " HTTP/1.1\r\nHost: gateway.test\r\n";
  for (const auto& [name, value] : spec.headers) text += name + ": " + value + "\r\n";
  if (!spec.body.empty()) text += "Content-Length: " + std::to_string(spec.body.size()) + "\r\n";
  text += "\r\n";
  std::size_t searched = 0;
  auto parsed = parse_request_head(text, HeadLimits{}, searched, made->request_head_);
  if (!parsed.ok()) return parsed.error();
  if (*parsed != HeadState::kComplete) return Error(ErrorKind::kInvalid, "the request's head does not end");
  made->address_ = spec.client_address;
  made->id = made->id_;
  made->client_address = made->address_;
  made->request = &made->request_head_;
  made->target = parse_target(made->request_head_.method, made->request_head_.target);
  refine_dialect(made->target, made->request_head_.find("anthropic-version").found,
                 made->request_head_.find("x-goog-api-key").found);
  made->body_ = std::make_unique<BenchBody>(spec.body, spec.body_arrived);
  return made;
}

std::string_view BenchExchange::caller_credential() {
  if (!credential_.empty()) return credential_;
  auto bearer = [](std::string_view value) {
    return value.size() > 7 && header_name_equal(value.substr(0, 7), "bearer ") ? value.substr(7)
                                                                                : std::string_view();
  };
  std::string_view found = request->find("x-api-key").value;
  if (found.empty()) found = bearer(request->find("authorization").value);
  if (found.empty()) found = request->find("x-goog-api-key").value;
  if (found.empty() && !target.key.empty()) {
    const auto decoded = parse_form("key=" + std::string(target.key));
    credential_ = decoded.empty() ? std::string() : decoded.front().second;
    return credential_;
  }
  if (found.empty()) found = request->find("x-auth-token").value;
  credential_ = found;
  return credential_;
}

void BenchExchange::learn_model() {
  if (!target.model_in_body) {
    model = target.model;
    stream = target.operation == Operation::kStreamGenerate;
    return;
  }
  if (const auto raw = body_->field("model")) decode_json_string(*raw, model);
  stream = body_->field("stream") == "true";
}

Status BenchExchange::respond(int http_status,
                              const std::vector<std::pair<std::string, std::string>>& headers) {
  response_text_ = "HTTP/1.1 " + std::to_string(http_status) + " Status\r\n";
  for (const auto& [name, value] : headers) response_text_ += name + ": " + value + "\r\n";
  response_text_ += "\r\n";
  std::size_t searched = 0;
  response_head_.clear();
  auto parsed =
      parse_response_head(response_text_, HeadLimits{}, searched, request_head_.method, response_head_);
  if (!parsed.ok()) return parsed.error();
  response = &response_head_;
  return {};
}

std::vector<std::pair<std::string, std::string>> BenchExchange::visible(const Head& head) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const HeaderField& field : head.fields) {
    if (!field.removed) all.emplace_back(field.name, field.value);
  }
  all.insert(all.end(), head.added.begin(), head.added.end());
  return all;
}

bool BenchExchange::run(Phases& phases, Phase phase, Exchange& exchange, PolicyBench& bench) {
  if (phases.start(phase, exchange) == Step::kDone) return true;
  return bench.run(phases.finish(exchange));
}

}  // namespace moongate
