// A provider's answer, told as events.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "openai/answer_events.h"
#include "protocol/api.h"

namespace moongate::openai {

class AnswerReader {
 public:
  virtual ~AnswerReader() = default;

  // A plain answer. kInternal: not what this provider says.
  virtual Status whole(const boost::json::object& body, AnswerSink& sink) = 0;
  // The data of one event of a stream.
  virtual void event(const boost::json::object& data, AnswerSink& sink) = 0;
  // The stream is over: ends what is still open.
  virtual void close(AnswerSink& sink) = 0;

  const Usage& usage() const { return usage_; }
  Finish finish() const { return finish_; }  // kNone: not told (yet)
  const std::optional<Fault>& fault() const { return fault_; }

 protected:
  Usage usage_;
  Finish finish_ = Finish::kNone;
  std::optional<Fault> fault_;
};

std::unique_ptr<AnswerReader> claude_answer();
// `call_ids`: what the ids of calls begin with; Gemini gives them none.
std::unique_ptr<AnswerReader> gemini_answer(std::string call_ids);

// What a provider's error object says, of either shape; `status` is what it came with, or 0 inside a stream. Whatever `body`
// is, the message is not empty.
Fault read_fault(int status, const boost::json::object& body);

}  // namespace moongate::openai
