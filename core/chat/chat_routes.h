// What the handlers of the conversations' API share. Inside core/chat only.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "chat/chat_caller.h"
#include "chat/chat_turn.h"

namespace moongate {

struct ChatCall {
  const HttpRequest& request;
  std::string id;    // of the conversation, where the path has one
  std::string rest;  // what stands behind it: "messages", "clear", "export"
  const ChatCaller& caller;
};

// /api/sessions and below.
HttpResponse serve_sessions(ChatParts& parts, const ChatCall& call);
// /api/tools
HttpResponse serve_tools(const ChatParts& parts);

// GET /api/admin/workers
HttpResponse serve_workers(const ChatParts& parts);

// POST /api/admin/playground: a request of an operator to the API, as any client; the answer is passed on as it comes.
struct PlaygroundCall {
  const HttpRequest& request;
  const Caller& person;
  const std::function<bool(std::string_view)>& is_client_of_map;
  const Gone& gone;
};
HttpResponse serve_playground(ChatParts& parts, ChatCallers& callers, const PlaygroundCall& call, Permits::Permit permit);

// Members of a JSON body, each read once; the first that is wrong is told.
class ChatBody {
 public:
  ChatBody(std::string_view text, std::initializer_list<std::string_view> known);

  // Absent or of the wrong kind: nothing.
  std::optional<std::string> text(std::string_view name, std::size_t max_bytes);
  std::optional<bool> flag(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
  const boost::json::value* value(std::string_view name) const { return body_.if_contains(name); }

  void refuse(std::string message) {
    if (wrong_.empty()) wrong_ = std::move(message);
  }
  const std::string& wrong() const { return wrong_; }  // empty: nothing

 private:
  boost::json::object body_;
  std::string wrong_;
};

// "model", "system" and the like of any request.
inline constexpr std::size_t kMaxModelName = 191;
inline constexpr std::size_t kMaxInstructions = 64 * 1024 - 1;
inline constexpr std::size_t kMaxTitle = 240;

HttpResponse only(std::string_view methods);

}  // namespace moongate
