// Conversations and what was said in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moongate {

struct ConversationRecord {
  std::string id;
  std::string owner;         // "user:" and an id, or "client:" and a name; nobody else ever sees it
  std::string user_id;       // empty: the owner is no user
  std::string title;         // at most 255 bytes
  std::string model;
  std::string instructions;  // the system prompt
  bool archived = false;
  std::int64_t revision = 0; // raised by every change of the messages
  std::int64_t created_at_s = 0;
  std::int64_t updated_at_s = 0;
  bool operator==(const ConversationRecord&) const = default;
};

struct MessageRecord {
  std::int64_t position = 0;      // from 1; the store's
  std::string author;             // "user" or "assistant"
  std::string content;            // JSON list of blocks
  std::string state = "whole";    // or "partial": the answer broke off
  std::string model;
  std::string request_id;         // of an answer: what it cost stands in the ledger under it
  std::string client_id;          // what the caller named its message by; empty: nothing
  std::int64_t input_tokens = 0, output_tokens = 0;
  std::int64_t created_at_s = 0;
  bool operator==(const MessageRecord&) const = default;
};

// The rules of store.h hold. Whatever is asked for by another owner than its own is not there.
class ConversationStore {
 public:
  virtual ~ConversationStore() = default;

  // False: the id is taken. kInvalid: there is no such user.
  virtual Result<bool> insert_conversation(const ConversationRecord& record) = 0;
  virtual Result<std::optional<ConversationRecord>> find_conversation(std::string_view owner, std::string_view id) = 0;

  // The one changed last first. `search`: in the title, ASCII letters' case apart.
  struct ConversationQuery {
    std::string owner;
    bool archived = false;
    std::string search;
    std::int64_t limit = 50, offset = 0;
  };
  struct ConversationList {
    std::vector<ConversationRecord> records;
    std::int64_t total = 0;  // without limit and offset
  };
  virtual Result<ConversationList> list_conversations(const ConversationQuery& query) = 0;

  // Title, model, instructions, archived and updated_at of the conversation with this owner and id.
  virtual Result<bool> update_conversation(const ConversationRecord& record) = 0;
  // Its messages go with it.
  virtual Result<bool> erase_conversation(std::string_view owner, std::string_view id) = 0;
  // The messages alone; an answer that is being given will not be kept.
  virtual Result<bool> clear_conversation(std::string_view owner, std::string_view id, std::int64_t now_s) = 0;

  // In order, behind `after`; at most `limit`.
  virtual Result<std::vector<MessageRecord>> list_messages(std::string_view conversation_id, std::int64_t after,
                                                           std::int64_t limit) = 0;
  // The first that its caller named so.
  virtual Result<std::optional<MessageRecord>> find_message(std::string_view conversation_id, std::string_view client_id) = 0;

  // Takes the conversation for one answer until `until_s`, or, with the same `turn`, takes it for longer. False: another
  // has it, or it is not there.
  virtual Result<bool> begin_turn(std::string_view conversation_id, std::string_view turn, std::int64_t now_s,
                                  std::int64_t until_s) = 0;
  // Gives it back with what was said (possibly nothing), behind what is there; revision and updated_at move where
  // something was said. False, and nothing is kept: the turn is not the one that has it any more.
  virtual Result<bool> end_turn(std::string_view conversation_id, std::string_view turn,
                                const std::vector<MessageRecord>& said, std::int64_t now_s) = 0;
};

}  // namespace moongate
