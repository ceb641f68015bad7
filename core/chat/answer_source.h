// Where an answer comes from: a model behind the gateway, or a worker of this machine.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "chat/answer_reader.h"
#include "chat/chat_caller.h"
#include "chat/prompt.h"

namespace moongate {

// One answer, used by one thread. Destroyed before its end, it is cancelled.
class AnswerSource {
 public:
  virtual ~AnswerSource() = default;
  // Until the model begins to answer; or the answer that ends the request.
  virtual std::optional<HttpResponse> begin(const Gone& gone) = 0;
  // What comes in a fraction of a second. False: the answer has ended as it should. kClosed: it broke off.
  virtual Result<bool> next() = 0;

  // In the gateway's ledger; known once it has begun.
  virtual std::string request_id() const = 0;
  virtual void listen(AnswerEvents events) = 0;
  virtual const std::string& text() const = 0;
  virtual const ChatUsage& usage() const = 0;
  virtual const std::string& stop_reason() const = 0;
};

// Through the gateway's own data port, as that caller, who must outlive it.
std::unique_ptr<AnswerSource> ask_model(DataPort& port, const ChatCaller& caller, const Prompt& prompt);

}  // namespace moongate
