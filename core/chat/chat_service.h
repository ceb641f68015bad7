// Conversations: /api/chat, /api/sessions and /api/tools on every port; for operators /api/admin/playground and
// /api/admin/workers.
#pragma once

#include <memory>

#include "chat/chat_caller.h"
#include "chat/chat_turn.h"
#include "http/message.h"

namespace moongate {

class ChatService {
 public:
  // What else the process knows, for operators.
  struct Hooks {
    std::function<bool(std::string_view name)> is_client_of_map;
  };
  // Whatever the parts refer to must outlive the service.
  ChatService(ChatParts parts, ChatCallers::Parts callers, Hooks hooks);
  ~ChatService();
  ChatService(const ChatService&) = delete;
  ChatService& operator=(const ChatService&) = delete;

  // Whether the path is one of ours (docs/conversations.md), whatever the method.
  bool serves(const HttpRequest& request) const;
  // Answers that wait for a model are `later` ones. Blocks on the store; safe from several threads.
  HttpResponse handle(const HttpRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moongate
