#include "chat/chat_service.h"

#include <boost/json/serialize.hpp>
#include <cstdlib>

#include "chat/chat_routes.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxMessageId = 128;
constexpr std::int64_t kMostTokens = 1'000'000;
constexpr std::size_t kMaxBody = 1u << 20;

struct Path {
  enum class What : std::uint8_t { kNone, kChat, kStream, kTools, kSessions, kPlayground, kWorkers };
  What what = What::kNone;
  std::string id, rest;
};

Path read_path(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  if (path == "/api/chat") return {Path::What::kChat, {}, {}};
  if (path == "/api/chat/stream") return {Path::What::kStream, {}, {}};
  if (path == "/api/tools") return {Path::What::kTools, {}, {}};
  if (path == "/api/admin/playground") return {Path::What::kPlayground, {}, {}};
  if (path == "/api/admin/workers") return {Path::What::kWorkers, {}, {}};
  if (path == "/api/sessions") return {Path::What::kSessions, {}, {}};
  static constexpr std::string_view kSessions = "/api/sessions/";
  if (!path.starts_with(kSessions)) return {};
  path.remove_prefix(kSessions.size());
  const std::size_t slash = path.find('/');
  return {Path::What::kSessions, std::string(path.substr(0, slash)), slash == std::string_view::npos ? std::string() : std::string(path.substr(slash + 1))};
}

OrReply<ChatAsk> read_ask(std::string_view text) {
  ChatBody body(text, {"message", "session_id", "model", "max_tokens", "stream", "system", "message_id"});
  ChatAsk ask;
  const boost::json::value* message = body.value("message");
  if (message == nullptr) {
    body.refuse("\"message\" is what you want to say: text, or a list of blocks.");
  } else {
    auto blocks = read_blocks(*message);
    if (blocks) ask.blocks = std::move(*blocks);
    else body.refuse(blocks.error().message);
  }
  ask.session_id = body.text("session_id", 64).value_or("");
  ask.model = body.text("model", kMaxModelName).value_or("");
  ask.instructions = body.text("system", kMaxInstructions);
  ask.message_id = body.text("message_id", kMaxMessageId).value_or("");
  ask.max_tokens = body.integer("max_tokens", 1, kMostTokens).value_or(0);
  ask.stream = body.flag("stream").value_or(false);
  if (!body.wrong().empty()) return chat_error(400, body.wrong());
  return ask;
}

// The same from a query: an EventSource sends nothing else.
OrReply<ChatAsk> read_query_ask(const std::string& query) {
  boost::json::object body;
  for (const auto& [name, value] : parse_form(query)) {
    if (name == "key") continue;
    if (name == "max_tokens") body[name] = std::strtoll(value.c_str(), nullptr, 10);
    else body[name] = value;
  }
  body.erase("stream");
  OrReply<ChatAsk> ask = read_ask(boost::json::serialize(body));
  if (auto* read = std::get_if<ChatAsk>(&ask)) read->stream = true;
  return ask;
}

HttpResponse event_stream(std::shared_ptr<ChatTurn> turn) {
  HttpResponse response;
  set_header(response, "Content-Type", "text/event-stream; charset=utf-8");
  set_header(response, "Cache-Control", "no-store");
  set_header(response, "X-Accel-Buffering", "no");
  response.stream = [turn = std::move(turn)](BodyWriter& client) { turn->answer_in_pieces(client); };
  return response;
}

}  // namespace

struct ChatService::State {
  State(ChatParts p, ChatCallers::Parts c, Hooks h)
      : parts(std::move(p)), admission(c.admission), callers(std::move(c)), hooks(std::move(h)), permits(parts.settings.chat.streams) {}

  HttpResponse chat(const HttpRequest& request, OrReply<ChatAsk> asked, const Gone& gone);

  // Under /api/admin.
  HttpResponse handle_operator(const HttpRequest& request, bool playground);

  ChatParts parts;
  Admission admission;
  ChatCallers callers;
  Hooks hooks;
  Permits permits;
};

HttpResponse ChatService::State::chat(const HttpRequest& request, OrReply<ChatAsk> asked, const Gone& gone) {
  OrReply<ChatCaller> caller = callers.identify(request, gone);
  if (auto* refused = std::get_if<HttpResponse>(&caller)) return std::move(*refused);
  if (auto* wrong = std::get_if<HttpResponse>(&asked)) return std::move(*wrong);
  Permits::Permit permit = permits.take();
  if (!permit) {
    HttpResponse busy = chat_error(503, "As many answers as this gateway gives at once are under way (chat.streams); try again shortly.");
    set_header(busy, "Retry-After", "1");
    return busy;
  }
  ChatAsk& ask = std::get<ChatAsk>(asked);
  const bool stream = ask.stream;
  auto turn = std::make_shared<ChatTurn>(parts, std::move(std::get<ChatCaller>(caller)), std::move(ask), std::move(permit));
  if (auto refused = turn->begin(gone)) return std::move(*refused);
  return stream ? event_stream(std::move(turn)) : turn->answer_whole(gone);
}

HttpResponse ChatService::State::handle_operator(const HttpRequest& request, bool playground) {
  if (!admission) return chat_error(401, "Sign in first.");
  OrReply<Caller> admitted = admission(request);
  if (auto* refused = std::get_if<HttpResponse>(&admitted)) return std::move(*refused);
  const Caller& person = std::get<Caller>(admitted);
  if (auto refused = refuse_below(person, playground ? Role::kOperator : Role::kViewer)) return std::move(*refused);
  if (!playground) return request.method == "GET" || request.method == "HEAD" ? serve_workers(parts) : only("GET");
  if (request.method != "POST") return only("POST");
  HttpResponse response;
  response.later = [this, request, person](const Gone& gone) {
    Permits::Permit permit = permits.take();
    if (!permit) return chat_error(503, "As many answers as this gateway gives at once are under way (chat.streams); try again shortly.");
    return serve_playground(parts, callers, {request, person, hooks.is_client_of_map, gone}, std::move(permit));
  };
  return response;
}

ChatService::ChatService(ChatParts parts, ChatCallers::Parts callers, Hooks hooks)
    : state_(std::make_unique<State>(std::move(parts), std::move(callers), std::move(hooks))) {}

ChatService::~ChatService() = default;

bool ChatService::serves(const HttpRequest& request) const { return read_path(request.path).what != Path::What::kNone; }

HttpResponse ChatService::handle(const HttpRequest& request) {
  Path path = read_path(request.path);
  if (request.body.size() > kMaxBody) return chat_error(413, "The request body is larger than 1 MiB.");
  const bool reads = request.method == "GET" || request.method == "HEAD";
  switch (path.what) {
    case Path::What::kNone: return chat_error(404, "There is no such path.");
    case Path::What::kChat:
      if (request.method != "POST") return only("POST");
      break;
    case Path::What::kStream:
      if (request.method != "GET") return only("GET");
      // A browser asks again by itself when a stream has ended: the message was heard the first time.
      if (!find_header(request.headers, "Last-Event-ID").empty()) {
        HttpResponse enough;
        enough.status = 204;
        return enough;
      }
      break;
    case Path::What::kTools:
      if (!reads) return only("GET");
      break;
    case Path::What::kSessions: break;
    case Path::What::kPlayground: return state_->handle_operator(request, true);
    case Path::What::kWorkers: return state_->handle_operator(request, false);
  }
  HttpResponse response;
  response.later = [state = state_.get(), request, path = std::move(path)](const std::function<bool()>& gone) {
    if (path.what == Path::What::kChat) return state->chat(request, read_ask(request.body), gone);
    if (path.what == Path::What::kStream) return state->chat(request, read_query_ask(request.query), gone);
    OrReply<ChatCaller> caller = state->callers.identify(request, gone);
    if (auto* refused = std::get_if<HttpResponse>(&caller)) return std::move(*refused);
    if (path.what == Path::What::kTools) return serve_tools(state->parts);
    return serve_sessions(state->parts, {request, path.id, path.rest, std::get<ChatCaller>(caller)});
  };
  return response;
}

}  // namespace moongate
