#include "chat/chat_turn.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "chat/worker_answer.h"
#include "crypto/hash.h"

namespace moongate {
namespace {

namespace json = boost::json;

constexpr std::int64_t kTakenForS = 90;     // a gateway that died gives its conversations back after so long
constexpr std::int64_t kRenewBeforeS = 60;
constexpr std::int64_t kMostConversations = 10'000;  // of one owner
constexpr std::int64_t kMostMessages = 2000;

}  // namespace

ChatTurn::ChatTurn(ChatParts& parts, ChatCaller caller, ChatAsk ask, Permits::Permit permit)
    : parts_(parts), caller_(std::move(caller)), ask_(std::move(ask)), permit_(std::move(permit)) {}

ChatTurn::~ChatTurn() { finish(false); }

std::optional<HttpResponse> ChatTurn::begin(const Gone& gone) {
  if (auto refused = open_conversation()) return refused;
  const std::string turn = "t-" + random_token(parts_.random, 24);
  const std::int64_t now = parts_.clock.unix_seconds();
  const Result<bool> taken = parts_.store.begin_turn(conversation_.id, turn, now, now + kTakenForS);
  if (!taken) return chat_failure(taken.error());
  if (!*taken) {
    HttpResponse busy = chat_error(409, "This conversation is giving an answer at the moment; send the next message when that has ended.");
    set_header(busy, "Retry-After", "1");
    return busy;
  }
  turn_ = turn;
  taken_until_s_ = now + kTakenForS;
  if (auto refused = look_for_answer(); refused || replays()) return refused;
  if (auto refused = take_over_wishes()) return refused;
  if (auto refused = read_history()) return refused;
  source_ = new_source();
  auto refused = source_->begin(gone);
  if (refused) source_.reset();
  return refused;
}

std::optional<HttpResponse> ChatTurn::open_conversation() {
  if (ask_.session_id.empty()) {
    if (auto refused = make_conversation()) return refused;
    if (made_) return std::nullopt;
  } else {
    conversation_.id = ask_.session_id;
  }
  auto found = parts_.store.find_conversation(caller_.owner, conversation_.id);
  if (!found) return chat_failure(found.error());
  if (!*found) return chat_error(404, "There is no conversation " + conversation_.id.substr(0, 80) + ".");
  conversation_ = std::move(**found);
  return std::nullopt;
}

// A message that was named by its sender begins the same conversation when it is sent again.
std::optional<HttpResponse> ChatTurn::make_conversation() {
  ConversationRecord& fresh = conversation_;
  fresh.id = "s-" + (ask_.message_id.empty() ? random_token(parts_.random, 24)
                                             : sha256_hex(caller_.owner + "\n" + ask_.message_id).substr(0, 32));
  fresh.owner = caller_.owner;
  fresh.user_id = caller_.user_id;
  fresh.title = title_of(ask_.blocks);
  fresh.model = ask_.model.empty() ? parts_.settings.chat.model : ask_.model;
  fresh.instructions = ask_.instructions.value_or("");
  fresh.created_at_s = fresh.updated_at_s = parts_.clock.unix_seconds();
  if (auto refused = refuse_one_more(parts_.store, fresh.owner)) return refused;
  const Result<bool> inserted = parts_.store.insert_conversation(fresh);
  if (!inserted) return chat_failure(inserted.error());
  made_ = *inserted;
  return std::nullopt;
}

// A model or system prompt that comes with a message is the conversation's from now on.
std::optional<HttpResponse> ChatTurn::take_over_wishes() {
  ConversationRecord wanted = conversation_;
  if (!ask_.model.empty()) wanted.model = ask_.model;
  if (ask_.instructions) wanted.instructions = *ask_.instructions;
  if (wanted == conversation_) return std::nullopt;
  wanted.updated_at_s = parts_.clock.unix_seconds();
  const Result<bool> kept = parts_.store.update_conversation(wanted);
  if (!kept) return chat_failure(kept.error());
  conversation_ = std::move(wanted);
  return std::nullopt;
}

std::optional<HttpResponse> ChatTurn::look_for_answer() {
  if (ask_.message_id.empty() || made_) return std::nullopt;
  const auto known = parts_.store.find_message(conversation_.id, ask_.message_id);
  if (!known) return chat_failure(known.error());
  if (!*known) return std::nullopt;
  const auto after = parts_.store.list_messages(conversation_.id, (*known)->position, 1);
  if (!after) return chat_failure(after.error());
  known_answer_ = after->empty() ? MessageRecord() : after->front();
  return std::nullopt;
}

Result<std::vector<Said>> ChatTurn::said_before() {
  if (parts_.cache != nullptr) {
    if (const auto text = parts_.cache->find(conversation_.id, conversation_.revision)) {
      if (auto said = parse_said(*text)) return std::move(*said);
    }
  }
  std::vector<Said> said;
  std::int64_t after = 0;
  for (;;) {
    const auto page = parts_.store.list_messages(conversation_.id, after, 500);
    if (!page) return page.error();
    for (const MessageRecord& each : *page) {
      boost::system::error_code failed;
      json::value blocks = json::parse(each.content, failed);
      if (!failed && blocks.is_array()) said.push_back({each.author, std::move(blocks.get_array())});
      after = each.position;
    }
    if (page->size() < 500) return said;
  }
}

std::optional<HttpResponse> ChatTurn::read_history() {
  // The conversation may have moved on between its reading and its taking.
  auto latest = parts_.store.find_conversation(caller_.owner, conversation_.id);
  if (!latest) return chat_failure(latest.error());
  if (!*latest) return chat_error(404, "There is no conversation " + conversation_.id.substr(0, 80) + ".");
  conversation_ = std::move(**latest);
  Result<std::vector<Said>> said = said_before();
  if (!said) return chat_failure(said.error());
  if (static_cast<std::int64_t>(said->size()) >= kMostMessages) {
    return chat_error(409, "This conversation has " + std::to_string(kMostMessages) + " messages; begin a new one, or clear it.");
  }
  said_ = std::move(*said);
  said_.push_back({"user", ask_.blocks});
  if (ask_.max_tokens == 0) ask_.max_tokens = parts_.settings.chat.max_tokens;
  const std::int64_t window = parts_.settings.chat.context_tokens > 0 ? parts_.settings.chat.context_tokens + ask_.max_tokens
                                                                      : window_of_model(conversation_.model);
  const Result<std::size_t> drop = messages_to_drop(said_, conversation_.instructions, ask_.max_tokens, window);
  if (!drop) return chat_failure(drop.error());
  dropped_ = *drop;
  return std::nullopt;
}

void ChatTurn::stay() {
  const std::int64_t now = parts_.clock.unix_seconds();
  if (turn_.empty() || taken_until_s_ - now > kRenewBeforeS) return;
  taken_until_s_ = now + kTakenForS;
  // Whoever cleared or deleted the conversation meanwhile is told by end_turn(); a store that is away, too.
  static_cast<void>(parts_.store.begin_turn(conversation_.id, turn_, now, taken_until_s_));
}

// Gives the conversation back with what was said.
void ChatTurn::finish(bool whole) {
  if (turn_.empty()) return;
  const std::string turn = std::exchange(turn_, {});
  const std::int64_t now = parts_.clock.unix_seconds();
  std::vector<MessageRecord> said;
  if (source_ != nullptr && (whole || !source_->text().empty())) {
    MessageRecord question, answer;
    question.author = "user";
    question.content = json::serialize(ask_.blocks);
    question.client_id = ask_.message_id;
    question.model = answer.model = conversation_.model;
    question.created_at_s = answer.created_at_s = now;
    answer.author = "assistant";
    said_.push_back({"assistant", {}});
    if (!source_->text().empty()) said_.back().blocks.push_back(json::object{{"type", "text"}, {"text", source_->text()}});
    answer.content = json::serialize(said_.back().blocks);
    answer.state = whole ? "whole" : "partial";
    answer.request_id = source_->request_id();
    answer.input_tokens = source_->usage().input_tokens;
    answer.output_tokens = source_->usage().output_tokens;
    said.push_back(std::move(question));
    if (!said_.back().blocks.empty()) said.push_back(std::move(answer));
    else said_.pop_back();
  }
  const Result<bool> kept = parts_.store.end_turn(conversation_.id, turn, said, now);
  if (!kept) {
    parts_.log.error("what was said in a conversation could not be kept", {{"session", conversation_.id}, {"reason", kept.error().describe()}});
    return;
  }
  if (said.empty()) {
    // Nothing came of the first message: there is no conversation.
    if (made_ && !replays()) static_cast<void>(parts_.store.erase_conversation(conversation_.owner, conversation_.id));
    return;
  }
  if (*kept && parts_.cache != nullptr) parts_.cache->keep(conversation_.id, conversation_.revision + 1, render_said(said_));
}

std::unique_ptr<AnswerSource> ChatTurn::new_source() {
  const Prompt prompt{conversation_.model, conversation_.instructions, ask_.max_tokens, &said_, dropped_};
  if (parts_.workers != nullptr && parts_.workers->serves(conversation_.model)) {
    return ask_worker({*parts_.workers, parts_.port, parts_.store, parts_.clock, parts_.random, parts_.log}, caller_, prompt);
  }
  return ask_model(parts_.port, caller_, prompt);
}

std::optional<HttpResponse> refuse_one_more(Store& store, const std::string& owner) {
  std::int64_t there = 0;
  for (const bool archived : {false, true}) {
    const auto listed = store.list_conversations({owner, archived, {}, 0, 0});
    if (!listed) return chat_failure(listed.error());
    there += listed->total;
  }
  if (there < kMostConversations) return std::nullopt;
  return chat_error(409, "There are " + std::to_string(kMostConversations) + " conversations already; delete some first.");
}

std::string render_said(const std::vector<Said>& said) {
  json::array list;
  for (const Said& each : said) list.push_back(json::object{{"author", each.author}, {"blocks", each.blocks}});
  return json::serialize(list);
}

std::optional<std::vector<Said>> parse_said(std::string_view text) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(text, failed);
  if (failed || !parsed.is_array()) return std::nullopt;
  std::vector<Said> said;
  for (const json::value& each : parsed.get_array()) {
    const json::object* object = each.if_object();
    const json::value* author = object == nullptr ? nullptr : object->if_contains("author");
    const json::value* blocks = object == nullptr ? nullptr : object->if_contains("blocks");
    if (author == nullptr || blocks == nullptr || !author->is_string() || !blocks->is_array()) return std::nullopt;
    said.push_back({std::string(author->get_string()), blocks->get_array()});
  }
  return said;
}

}  // namespace moongate
