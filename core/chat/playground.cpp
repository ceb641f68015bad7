// What an operator tries as one of the clients.
#include <boost/json/serialize.hpp>

#include "chat/chat_routes.h"
#include "chat/worker_pool.h"
#include "protocol/api.h"

namespace moongate {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxName = 255;
constexpr MonoMs kSilenceMs = 600'000;

// What a model is asked by, and nothing that is about the gateway itself.
bool is_of_the_api(std::string_view method, std::string_view path) {
  const ApiTarget target = parse_target(method, path);
  switch (target.operation) {
    case Operation::kNone:
    case Operation::kTelemetry:
    case Operation::kHealth:
    case Operation::kConversation: return false;
    default: return target.method_allowed;
  }
}

// Passed on as they came, but for what belongs to this connection.
bool is_passed_on(std::string_view name) {
  static constexpr std::string_view kKept[] = {"content-length", "transfer-encoding", "connection", "keep-alive", "date", "set-cookie"};
  for (const std::string_view each : kKept) {
    if (!find_header({{std::string(name), "x"}}, each).empty()) return false;
  }
  return true;
}

void pass(DataCall& call, ChatParts& parts, BodyWriter& client) {
  MonoMs heard = parts.clock.mono_ms();
  for (;;) {
    Result<DataCall::Piece> piece = call.read();
    if (!piece || client.gone() || parts.port.ending()) return;
    if (!piece->bytes.empty()) {
      heard = parts.clock.mono_ms();
      if (!client.write(piece->bytes)) return;
    }
    if (piece->ended || parts.clock.mono_ms() - heard > kSilenceMs) return;
  }
}

void note(ChatParts& parts, const PlaygroundCall& call, const std::string& client, const std::string& path, int status) {
  const json::object detail{{"path", path.substr(0, path.find('?'))}, {"status", status}};
  const Status noted = parts.store.append_audit({parts.clock.unix_ms(), call.person.name, "playground.request", client,
                                                 json::serialize(detail), call.request.remote_address});
  if (!noted) parts.log.error("a request of the playground is missing in the audit log", {{"reason", noted.error().describe()}});
}

}  // namespace

HttpResponse serve_playground(ChatParts& parts, ChatCallers& callers, const PlaygroundCall& call, Permits::Permit permit) {
  ChatBody body(call.request.body, {"client", "client_token", "method", "path", "body"});
  const std::string client = body.text("client", kMaxName).value_or("");
  std::string token = body.text("client_token", 16 * 1024).value_or("");
  const std::string path = body.text("path", kMaxPath).value_or("");
  const json::value* asked = body.value("body");
  const std::string method = body.text("method", 8).value_or(asked == nullptr ? "GET" : "POST");
  if (client.empty() == token.empty()) body.refuse("Say as whom: \"client\", a client's name, or \"client_token\", its credential.");
  if (!is_of_the_api(method, path)) body.refuse("\"path\" must be one of the API's (docs/clients.md), with a method that it takes.");
  if (token.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) body.refuse("\"client_token\" must be one line.");
  if (!body.wrong().empty()) return chat_error(400, body.wrong());

  ChatCaller caller;
  if (!client.empty()) {
    OrReply<ChatCaller> found = callers.as_client(call.request, client, call.is_client_of_map && call.is_client_of_map(client));
    if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
    caller = std::move(std::get<ChatCaller>(found));
    token = caller.credential;
  }
  DataRequest request{method, path, {{"x-api-key", token}, {"Accept-Encoding", "identity"}}, {}, call.request.remote_address, call.request.tls};
  if (path.starts_with("/v1/messages")) request.headers.emplace_back("anthropic-version", "2023-06-01");
  if (asked != nullptr && method != "GET") {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = json::serialize(*asked);
  }
  auto answer = call_data_port(parts.port, request, call.gone);
  if (!answer) return chat_failure(answer.error());
  note(parts, call, client.empty() ? "by its token" : client, path, (*answer)->status());
  HttpResponse response;
  response.status = (*answer)->status();
  for (const auto& [name, value] : (*answer)->headers()) {
    if (is_passed_on(name)) response.headers.emplace_back(name, value);
  }
  // What a client's credential is good by, and the place among the streams, are kept until the last byte.
  struct Held {
    std::unique_ptr<DataCall> answer;
    ChatCaller caller;
    Permits::Permit permit;
  };
  auto held = std::make_shared<Held>(Held{std::move(*answer), std::move(caller), std::move(permit)});
  response.stream = [held, &parts](BodyWriter& writer) { pass(*held->answer, parts, writer); };
  return response;
}

HttpResponse serve_workers(const ChatParts& parts) {
  if (parts.workers == nullptr) return json_reply(200, {{"enabled", false}, {"command", ""}, {"processes", 0}, {"running", 0}, {"waiting", 0}});
  const WorkerPool::Health health = parts.workers->health();
  const Settings::CliWorkers& settings = parts.workers->settings();
  json::object told{{"enabled", true}, {"command", settings.command}, {"models", settings.models},
                    {"processes", settings.processes}, {"queue", settings.queue}, {"timeout_ms", settings.timeout_ms},
                    {"running", health.running}, {"waiting", health.waiting}, {"done", health.done},
                    {"failed", health.failed}, {"refused", health.refused}, {"paused_ms", health.paused_ms},
                    {"state", health.paused_ms > 0 ? "paused" : "ok"}, {"last_failure", nullptr}};
  if (!health.last_failure.empty()) {
    told["last_failure"] = json::object{{"reason", health.last_failure}, {"at", rfc3339(health.last_failure_s)}};
  }
  return json_reply(200, told);
}

}  // namespace moongate
