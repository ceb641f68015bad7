// /api/sessions: the conversations of whoever asks, and nobody else's.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <charconv>

#include "chat/chat_routes.h"

namespace moongate {
namespace {

namespace json = boost::json;

json::object told(const ConversationRecord& record) {
  return {{"id", record.id}, {"title", record.title}, {"model", record.model}, {"system", record.instructions},
          {"archived", record.archived}, {"created_at", rfc3339(record.created_at_s)},
          {"updated_at", rfc3339(record.updated_at_s)}};
}

json::object told(const MessageRecord& record) {
  boost::system::error_code failed;
  json::value blocks = json::parse(record.content, failed);
  json::object message{{"position", record.position}, {"role", record.author}, {"state", record.state},
                       {"model", record.model}, {"created_at", rfc3339(record.created_at_s)}};
  if (!failed && blocks.is_array()) {
    message["text"] = text_of(blocks.get_array());
    message["content"] = std::move(blocks);
  }
  if (!record.request_id.empty()) message["request_id"] = record.request_id;
  if (!record.client_id.empty()) message["message_id"] = record.client_id;
  if (record.author == "assistant") {
    message["usage"] = json::object{{"input_tokens", record.input_tokens}, {"output_tokens", record.output_tokens}};
  }
  return message;
}

HttpResponse none(std::string_view id) { return chat_error(404, "There is no conversation " + std::string(id.substr(0, 80)) + "."); }

// Parameters of a query; what is no number or out of range counts as `otherwise`.
struct Query {
  explicit Query(const HttpRequest& request) : pairs(parse_form(request.query)) {}
  std::string text(std::string_view name) const {
    for (const auto& [key, value] : pairs) {
      if (key == name) return value;
    }
    return {};
  }
  std::int64_t integer(std::string_view name, std::int64_t otherwise, std::int64_t min, std::int64_t max) const {
    const std::string value = text(name);
    std::int64_t number = otherwise;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (failed != std::errc() || end != value.data() + value.size()) return otherwise;
    return std::clamp(number, min, max);
  }
  std::vector<std::pair<std::string, std::string>> pairs;
};

HttpResponse list_sessions(ChatParts& parts, const ChatCall& call) {
  const Query query(call.request);
  const auto list = parts.store.list_conversations({call.caller.owner, query.text("archived") == "true", query.text("search"),
                                                    query.integer("limit", 50, 1, 200), query.integer("offset", 0, 0, 1'000'000)});
  if (!list) return chat_failure(list.error());
  json::array sessions;
  for (const ConversationRecord& each : list->records) sessions.push_back(told(each));
  return json_reply(200, {{"sessions", std::move(sessions)}, {"total", list->total}});
}

HttpResponse create_session(ChatParts& parts, const ChatCall& call) {
  ChatBody body(call.request.body, {"title", "model", "system"});
  ConversationRecord record;
  record.id = "s-" + random_token(parts.random, 24);
  record.owner = call.caller.owner;
  record.user_id = call.caller.user_id;
  record.title = body.text("title", kMaxTitle).value_or("Untitled");
  record.model = body.text("model", kMaxModelName).value_or(parts.settings.chat.model);
  record.instructions = body.text("system", kMaxInstructions).value_or("");
  record.created_at_s = record.updated_at_s = parts.clock.unix_seconds();
  if (!body.wrong().empty()) return chat_error(400, body.wrong());
  if (auto refused = refuse_one_more(parts.store, record.owner)) return std::move(*refused);
  const Result<bool> made = parts.store.insert_conversation(record);
  if (!made) return chat_failure(made.error());
  return json_reply(201, told(record));
}

// The conversation with a page of its messages.
HttpResponse get_session(ChatParts& parts, const ChatCall& call, const ConversationRecord& record) {
  const Query query(call.request);
  const auto messages = parts.store.list_messages(record.id, query.integer("after", 0, 0, INT32_MAX), query.integer("limit", 200, 1, 1000));
  if (!messages) return chat_failure(messages.error());
  json::array list;
  for (const MessageRecord& each : *messages) list.push_back(told(each));
  json::object all = call.rest.empty() ? told(record) : json::object();
  all["messages"] = std::move(list);
  return json_reply(200, all);
}

HttpResponse change_session(ChatParts& parts, const ChatCall& call, ConversationRecord record) {
  ChatBody body(call.request.body, {"title", "model", "system", "archived"});
  if (auto title = body.text("title", kMaxTitle)) record.title = std::move(*title);
  if (auto model = body.text("model", kMaxModelName)) record.model = std::move(*model);
  if (auto system = body.text("system", kMaxInstructions)) record.instructions = std::move(*system);
  if (const auto archived = body.flag("archived")) record.archived = *archived;
  if (record.title.empty()) body.refuse("\"title\" must not be empty.");
  if (record.model.empty()) body.refuse("\"model\" must not be empty.");
  if (!body.wrong().empty()) return chat_error(400, body.wrong());
  record.updated_at_s = parts.clock.unix_seconds();
  const Result<bool> changed = parts.store.update_conversation(record);
  if (!changed) return chat_failure(changed.error());
  if (!*changed) return none(call.id);
  return json_reply(200, told(record));
}

HttpResponse erase_session(ChatParts& parts, const ChatCall& call) {
  const Result<bool> gone = parts.store.erase_conversation(call.caller.owner, call.id);
  if (!gone) return chat_failure(gone.error());
  if (!*gone) return none(call.id);
  if (parts.cache != nullptr) parts.cache->forget(call.id);
  HttpResponse done;
  done.status = 204;
  return done;
}

HttpResponse clear_session(ChatParts& parts, const ChatCall& call) {
  const Result<bool> cleared = parts.store.clear_conversation(call.caller.owner, call.id, parts.clock.unix_seconds());
  if (!cleared) return chat_failure(cleared.error());
  if (parts.cache != nullptr) parts.cache->forget(call.id);
  const auto record = parts.store.find_conversation(call.caller.owner, call.id);
  if (!record) return chat_failure(record.error());
  if (!*record) return none(call.id);
  return json_reply(200, told(**record));
}

HttpResponse export_session(ChatParts& parts, const ChatCall& call, const ConversationRecord& record) {
  const bool markdown = Query(call.request).text("format") == "markdown";
  json::array list;
  std::string text = "# " + record.title + "\n";
  std::int64_t after = 0;
  for (;;) {
    const auto page = parts.store.list_messages(record.id, after, 500);
    if (!page) return chat_failure(page.error());
    for (const MessageRecord& each : *page) {
      json::object message = told(each);
      after = each.position;
      if (markdown) {
        text += each.author == "user" ? "\n**You**\n\n" : "\n**" + each.model + "**\n\n";
        if (const json::value* said = message.if_contains("text")) text += std::string(said->get_string()) + "\n";
      } else {
        list.push_back(std::move(message));
      }
    }
    if (page->size() < 500) break;
  }
  HttpResponse file;
  if (markdown) {
    file = HttpResponse::text(200, std::move(text));
    set_header(file, "Content-Type", "text/markdown; charset=utf-8");
  } else {
    json::object all = told(record);
    all["messages"] = std::move(list);
    file = json_reply(200, all);
  }
  set_header(file, "Content-Disposition", "attachment; filename=\"conversation-" + record.id + (markdown ? ".md\"" : ".json\""));
  return file;
}

}  // namespace

HttpResponse serve_sessions(ChatParts& parts, const ChatCall& call) {
  const std::string& method = call.request.method;
  const bool reads = method == "GET" || method == "HEAD";
  if (call.id.empty()) {
    if (reads) return list_sessions(parts, call);
    return method == "POST" ? create_session(parts, call) : only("GET, POST");
  }
  const auto record = parts.store.find_conversation(call.caller.owner, call.id);
  if (!record) return chat_failure(record.error());
  if (!*record) return none(call.id);
  if (call.rest == "clear") return method == "POST" ? clear_session(parts, call) : only("POST");
  if (call.rest == "messages") {
    if (method == "DELETE") return clear_session(parts, call);
    return reads ? get_session(parts, call, **record) : only("GET, DELETE");
  }
  if (call.rest == "export") return reads ? export_session(parts, call, **record) : only("GET");
  if (!call.rest.empty()) return chat_error(404, "There is no such path.");
  if (reads) return get_session(parts, call, **record);
  if (method == "PATCH" || method == "PUT") return change_session(parts, call, **record);
  return method == "DELETE" ? erase_session(parts, call) : only("GET, PATCH, DELETE");
}

HttpResponse serve_tools(const ChatParts& parts) {
  const auto tool = [](std::string_view name, std::string_view description, std::string_view path) {
    return json::object{{"name", name}, {"description", description}, {"path", path}};
  };
  json::array tools{tool("chat", "A message in, the answer out; the conversation is remembered.", "POST /api/chat"),
                    tool("chat_stream", "The same as server-sent events, for EventSource.", "GET /api/chat/stream"),
                    tool("sessions", "Conversations: list, search, read, rename, archive, clear, delete, export.", "/api/sessions")};
  json::array windows;
  for (const ModelWindow& each : model_windows()) windows.push_back(json::object{{"models", each.pattern}, {"tokens", each.tokens}});
  const Settings& settings = parts.settings;
  const bool workers = parts.workers != nullptr;
  json::object body{{"tools", std::move(tools)},
                    {"models", json::object{{"default", settings.chat.model}, {"max_tokens", settings.chat.max_tokens},
                                            {"context_tokens", settings.chat.context_tokens}, {"windows", std::move(windows)}}},
                    {"content", json::array{"text", "image", "document"}},
                    {"worker", json::object{{"enabled", workers}, {"models", workers ? settings.worker.models : std::string()}}}};
  return json_reply(200, body);
}

}  // namespace moongate
