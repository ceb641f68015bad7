// Conversations in two maps.
#include <algorithm>

#include "store/memory_store.h"

namespace moongate {
namespace {

using Lock = std::lock_guard<std::mutex>;

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return text;
}

}  // namespace

MemoryStore::Conversation* MemoryStore::owned(std::string_view owner, std::string_view id) {
  const auto found = conversations_.find(id);
  return found == conversations_.end() || found->second.record.owner != owner ? nullptr : &found->second;
}

Result<bool> MemoryStore::insert_conversation(const ConversationRecord& record) {
  const Lock lock(mutex_);
  if (!record.user_id.empty()) {
    if (Status known = check_user(record.user_id); !known) return known.error();
  }
  return conversations_.try_emplace(record.id, Conversation{record, {}, {}, 0}).second;
}

Result<std::optional<ConversationRecord>> MemoryStore::find_conversation(std::string_view owner, std::string_view id) {
  const Lock lock(mutex_);
  const Conversation* found = owned(owner, id);
  return found == nullptr ? std::optional<ConversationRecord>() : std::optional<ConversationRecord>(found->record);
}

Result<MemoryStore::ConversationList> MemoryStore::list_conversations(const ConversationQuery& wanted) {
  const Lock lock(mutex_);
  ConversationList list;
  for (const auto& [id, each] : conversations_) {
    const ConversationRecord& record = each.record;
    if (record.owner != wanted.owner || record.archived != wanted.archived) continue;
    if (lower(record.title).find(lower(wanted.search)) != std::string::npos) list.records.push_back(record);
  }
  std::sort(list.records.begin(), list.records.end(), [](const auto& a, const auto& b) {
    return std::tie(a.updated_at_s, a.id) > std::tie(b.updated_at_s, b.id);
  });
  list.total = static_cast<std::int64_t>(list.records.size());
  const auto skipped = std::clamp<std::int64_t>(wanted.offset, 0, list.total);
  list.records.erase(list.records.begin(), list.records.begin() + skipped);
  if (static_cast<std::int64_t>(list.records.size()) > wanted.limit) {
    list.records.resize(static_cast<std::size_t>(std::max<std::int64_t>(wanted.limit, 0)));
  }
  return list;
}

Result<bool> MemoryStore::update_conversation(const ConversationRecord& record) {
  const Lock lock(mutex_);
  Conversation* found = owned(record.owner, record.id);
  if (found == nullptr) return false;
  found->record.title = record.title;
  found->record.model = record.model;
  found->record.instructions = record.instructions;
  found->record.archived = record.archived;
  found->record.updated_at_s = record.updated_at_s;
  return true;
}

Result<bool> MemoryStore::erase_conversation(std::string_view owner, std::string_view id) {
  const Lock lock(mutex_);
  if (owned(owner, id) == nullptr) return false;
  conversations_.erase(conversations_.find(id));
  return true;
}

Result<bool> MemoryStore::clear_conversation(std::string_view owner, std::string_view id, std::int64_t now_s) {
  const Lock lock(mutex_);
  Conversation* found = owned(owner, id);
  if (found == nullptr) return false;
  found->messages.clear();
  found->turn.clear();
  ++found->record.revision;
  found->record.updated_at_s = now_s;
  return true;
}

Result<std::vector<MessageRecord>> MemoryStore::list_messages(std::string_view conversation_id, std::int64_t after,
                                                              std::int64_t limit) {
  const Lock lock(mutex_);
  std::vector<MessageRecord> records;
  const auto found = conversations_.find(conversation_id);
  if (found == conversations_.end()) return records;
  for (const MessageRecord& each : found->second.messages) {
    if (each.position > after && static_cast<std::int64_t>(records.size()) < limit) records.push_back(each);
  }
  return records;
}

Result<std::optional<MessageRecord>> MemoryStore::find_message(std::string_view conversation_id, std::string_view client_id) {
  const Lock lock(mutex_);
  const auto found = conversations_.find(conversation_id);
  if (found == conversations_.end() || client_id.empty()) return std::optional<MessageRecord>();
  for (const MessageRecord& each : found->second.messages) {
    if (each.client_id == client_id) return std::optional<MessageRecord>(each);
  }
  return std::optional<MessageRecord>();
}

Result<bool> MemoryStore::begin_turn(std::string_view conversation_id, std::string_view turn, std::int64_t now_s,
                                     std::int64_t until_s) {
  const Lock lock(mutex_);
  const auto found = conversations_.find(conversation_id);
  if (found == conversations_.end()) return false;
  Conversation& each = found->second;
  if (!each.turn.empty() && each.turn != turn && each.turn_until_s > now_s) return false;
  each.turn = turn;
  each.turn_until_s = until_s;
  return true;
}

Result<bool> MemoryStore::end_turn(std::string_view conversation_id, std::string_view turn,
                                   const std::vector<MessageRecord>& said, std::int64_t now_s) {
  const Lock lock(mutex_);
  const auto found = conversations_.find(conversation_id);
  if (found == conversations_.end() || found->second.turn != turn) return false;
  Conversation& each = found->second;
  each.turn.clear();
  if (said.empty()) return true;
  for (const MessageRecord& message : said) {
    const std::int64_t last = each.messages.empty() ? 0 : each.messages.back().position;
    each.messages.push_back(message);
    each.messages.back().position = last + 1;
  }
  ++each.record.revision;
  each.record.updated_at_s = now_s;
  return true;
}

}  // namespace moongate
