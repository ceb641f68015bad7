// Conversations and their messages.
#include <algorithm>

#include "store/sql_store.h"
#include "store/sql_text.h"

namespace moongate {
namespace {

constexpr std::string_view kConversations =
    "SELECT id, owner, COALESCE(user_id, ''), title, model, instructions, archived, revision, created_at, updated_at "
    "FROM conversations";
constexpr std::string_view kMessages =
    "SELECT position, author, content, state, model, request_id, client_id, input_tokens, output_tokens, created_at "
    "FROM messages";
constexpr std::int64_t kMostRows = 1000;

ConversationRecord conversation_of(const SqlRow& row) {
  RowReader read(row);
  ConversationRecord record;
  record.id = read.text();
  record.owner = read.text();
  record.user_id = read.text();
  record.title = read.text();
  record.model = read.text();
  record.instructions = read.text();
  record.archived = read.flag();
  record.revision = read.number();
  record.created_at_s = read.number();
  record.updated_at_s = read.number();
  return record;
}

MessageRecord message_of(const SqlRow& row) {
  RowReader read(row);
  MessageRecord record;
  record.position = read.number();
  record.author = read.text();
  record.content = read.text();
  record.state = read.text();
  record.model = read.text();
  record.request_id = read.text();
  record.client_id = read.text();
  record.input_tokens = read.number();
  record.output_tokens = read.number();
  record.created_at_s = read.number();
  return record;
}

// What LIKE would take for a wildcard stands for itself behind '!'.
std::string anywhere(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return pattern + "%";
}

}  // namespace

Result<bool> SqlStore::insert_conversation(const ConversationRecord& r) {
  return transaction([&](SqlConnection& connection) -> Result<bool> {
    if (!r.user_id.empty()) {
      const Result<std::vector<SqlRow>> user = connection.query("SELECT 1 FROM users WHERE id = ?", {r.user_id});
      if (!user) return user.error();
      if (user->empty()) return Error(ErrorKind::kInvalid, "there is no user " + r.user_id);
    }
    return connection.insert(
        "INSERT INTO conversations (id, owner, user_id, title, model, instructions, archived, revision, turn, turn_until, "
        "created_at, updated_at) VALUES (?, ?, NULLIF(?, ''), ?, ?, ?, ?, ?, '', 0, ?, ?)",
        {r.id, r.owner, r.user_id, r.title, r.model, r.instructions, static_cast<std::int64_t>(r.archived), r.revision,
         r.created_at_s, r.updated_at_s});
  });
}

Result<std::optional<ConversationRecord>> SqlStore::find_conversation(std::string_view owner, std::string_view id) {
  const Result<std::vector<SqlRow>> rows =
      query(std::string(kConversations) + " WHERE id = ? AND owner = ?", {std::string(id), std::string(owner)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<ConversationRecord>();
  return std::optional<ConversationRecord>(conversation_of(rows->front()));
}

Result<SqlStore::ConversationList> SqlStore::list_conversations(const ConversationQuery& wanted) {
  std::string where = " WHERE owner = ? AND archived = ?";
  SqlRow parameters = {wanted.owner, static_cast<std::int64_t>(wanted.archived)};
  if (!wanted.search.empty()) {
    where += " AND LOWER(title) LIKE ? ESCAPE '!'";
    parameters.emplace_back(anywhere(wanted.search));
  }
  ConversationList list;
  const Result<std::vector<SqlRow>> count = query("SELECT COUNT(*) FROM conversations" + where, parameters);
  if (!count) return count.error();
  list.total = RowReader(count->front()).number();
  parameters.emplace_back(std::clamp<std::int64_t>(wanted.limit, 0, kMostRows));
  parameters.emplace_back(std::max<std::int64_t>(wanted.offset, 0));
  const Result<std::vector<SqlRow>> rows =
      query(std::string(kConversations) + where + " ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?", parameters);
  if (!rows) return rows.error();
  for (const SqlRow& row : *rows) list.records.push_back(conversation_of(row));
  return list;
}

Result<bool> SqlStore::update_conversation(const ConversationRecord& r) {
  return matched_any(execute(
      "UPDATE conversations SET title = ?, model = ?, instructions = ?, archived = ?, updated_at = ? WHERE id = ? AND owner = ?",
      {r.title, r.model, r.instructions, static_cast<std::int64_t>(r.archived), r.updated_at_s, r.id, r.owner}));
}

Result<bool> SqlStore::erase_conversation(std::string_view owner, std::string_view id) {
  return matched_any(
      execute("DELETE FROM conversations WHERE id = ? AND owner = ?", {std::string(id), std::string(owner)}));
}

Result<bool> SqlStore::clear_conversation(std::string_view owner, std::string_view id, std::int64_t now_s) {
  return transaction([&](SqlConnection& connection) -> Result<bool> {
    const Result<bool> owned = matched_any(connection.execute(
        "UPDATE conversations SET revision = revision + 1, turn = '', turn_until = 0, updated_at = ? WHERE id = ? AND owner = ?",
        {now_s, std::string(id), std::string(owner)}));
    if (!owned || !*owned) return owned;
    const Result<std::int64_t> gone = connection.execute("DELETE FROM messages WHERE conversation_id = ?", {std::string(id)});
    if (!gone) return gone.error();
    return true;
  });
}

Result<std::vector<MessageRecord>> SqlStore::list_messages(std::string_view conversation_id, std::int64_t after,
                                                           std::int64_t limit) {
  const Result<std::vector<SqlRow>> rows =
      query(std::string(kMessages) + " WHERE conversation_id = ? AND position > ? ORDER BY position LIMIT ?",
            {std::string(conversation_id), after, std::clamp<std::int64_t>(limit, 0, kMostRows)});
  if (!rows) return rows.error();
  std::vector<MessageRecord> records;
  for (const SqlRow& row : *rows) records.push_back(message_of(row));
  return records;
}

Result<std::optional<MessageRecord>> SqlStore::find_message(std::string_view conversation_id, std::string_view client_id) {
  const Result<std::vector<SqlRow>> rows =
      query(std::string(kMessages) + " WHERE conversation_id = ? AND client_id = ? ORDER BY position LIMIT 1",
            {std::string(conversation_id), std::string(client_id)});
  if (!rows) return rows.error();
  if (rows->empty() || client_id.empty()) return std::optional<MessageRecord>();
  return std::optional<MessageRecord>(message_of(rows->front()));
}

Result<bool> SqlStore::begin_turn(std::string_view conversation_id, std::string_view turn, std::int64_t now_s,
                                  std::int64_t until_s) {
  return matched_any(execute(
      "UPDATE conversations SET turn = ?, turn_until = ? WHERE id = ? AND (turn = '' OR turn = ? OR turn_until <= ?)",
      {std::string(turn), until_s, std::string(conversation_id), std::string(turn), now_s}));
}

Result<bool> SqlStore::end_turn(std::string_view conversation_id, std::string_view turn,
                                const std::vector<MessageRecord>& said, std::int64_t now_s) {
  static const SqlTable kTable{"messages",
                               {"conversation_id", "position", "author", "content", "state", "model", "request_id",
                                "client_id", "input_tokens", "output_tokens", "created_at"},
                               2};
  const std::string id(conversation_id);
  return transaction([&](SqlConnection& connection) -> Result<bool> {
    const Result<bool> ours = matched_any(connection.execute(
        said.empty() ? "UPDATE conversations SET turn = '', turn_until = 0 WHERE id = ? AND turn = ?"
                     : "UPDATE conversations SET turn = '', turn_until = 0, revision = revision + 1, updated_at = ? "
                       "WHERE id = ? AND turn = ?",
        said.empty() ? SqlRow{id, std::string(turn)} : SqlRow{now_s, id, std::string(turn)}));
    if (!ours || !*ours || said.empty()) return ours;
    const Result<std::vector<SqlRow>> last =
        connection.query("SELECT COALESCE(MAX(position), 0) FROM messages WHERE conversation_id = ?", {id});
    if (!last) return last.error();
    std::int64_t position = RowReader(last->front()).number();
    std::vector<SqlRow> rows;
    for (const MessageRecord& m : said) {
      rows.push_back({id, ++position, m.author, m.content, m.state, m.model, m.request_id, m.client_id, m.input_tokens,
                      m.output_tokens, m.created_at_s});
    }
    return insert_rows(connection, kTable, std::move(rows));
  });
}

}  // namespace moongate
