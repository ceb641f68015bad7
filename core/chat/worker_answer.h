// An answer of a worker: the lines of its streaming JSON (docs/conversations.md), as the Claude Code CLI has it.
#pragma once

#include "chat/answer_source.h"
#include "chat/worker_pool.h"
#include "store/store.h"

namespace moongate {

// One line to its standard input: {"type": "user", "message": {"role": "user", "content": [...]}, …}. A worker remembers
// nothing, so system prompt and history go along as text in front of the newest message.
std::string render_worker_input(const Prompt& prompt);

// Reads the lines that a worker writes.
class WorkerLines {
 public:
  WorkerLines() : reader_(ChatDialect::kClaude, {}) {}
  // False: it is no line of the protocol.
  bool take(std::string_view line);

  AnswerReader& reader() { return reader_; }
  const AnswerReader& reader() const { return reader_; }
  bool ended() const { return ended_; }                     // its result has come
  const std::string& error() const { return error_; }       // of the result; empty: it is a success
  std::int64_t cost_nano() const { return cost_nano_; }     // as told; below zero: not told

 private:
  void take_assistant(const boost::json::object& message);
  void take_result(const boost::json::object& line);

  AnswerReader reader_;
  bool in_pieces_ = false;  // this message came as events, too
  bool ended_ = false;
  std::string error_;
  std::int64_t cost_nano_ = -1;
};

struct WorkerParts {
  WorkerPool& pool;
  DataPort& port;
  Store& store;
  const Clock& clock;
  Random& random;
  const Logger& log;
};
// `caller` must outlive it. The ledger hears of it when it ends.
std::unique_ptr<AnswerSource> ask_worker(const WorkerParts& parts, const ChatCaller& caller, const Prompt& prompt);

}  // namespace moongate
