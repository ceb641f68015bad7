// An answer in the shape of Anthropic's Messages API: one message, or its events.
#pragma once

#include <memory>
#include <string>

#include "simulator/answer.h"
#include "simulator/reply.h"

namespace moongate::sim {

struct MessageIdentity {
  std::string id;       // "msg_…"
  std::string tool_id;  // "toolu_…"
  std::string model;
  bool short_usage = false;  // message_delta tells output_tokens alone, as older versions do
};

std::string anthropic_message(const Answer& answer, const MessageIdentity& identity);
std::unique_ptr<EventSource> anthropic_events(Answer answer, MessageIdentity identity);

}  // namespace moongate::sim
