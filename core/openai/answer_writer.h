// Writes an answer down in one of OpenAI's forms, whole or as the events of a stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "openai/answer_events.h"
#include "openai/prompt.h"

namespace moongate::openai {

struct AnswerHead {
  std::string id;  // the request's, without a prefix
  std::string model;
  std::int64_t now_s = 0;
};

class AnswerWriter : public AnswerSink {
 public:
  // A stream's: where its events are appended from here on.
  void write_to(std::string& out) { out_ = &out; }

  virtual void begin() {}  // of a stream
  virtual void end(Finish finish, const Usage& usage) = 0;
  virtual void fault(const Fault& fault) = 0;
  // Of a plain answer, after its pieces.
  virtual std::string whole(Finish finish, const Usage& usage) = 0;

 protected:
  std::string& out() { return *out_; }

 private:
  std::string nowhere_;
  std::string* out_ = &nowhere_;
};

// `prompt` has to outlive the writer.
std::unique_ptr<AnswerWriter> chat_writer(const Prompt& prompt, AnswerHead head);
std::unique_ptr<AnswerWriter> completions_writer(const Prompt& prompt, AnswerHead head);
std::unique_ptr<AnswerWriter> responses_writer(const Prompt& prompt, AnswerHead head);

std::string_view finish_word(Finish finish);  // "stop", "length", "tool_calls", "content_filter"

}  // namespace moongate::openai
