// How an answer is told: whole, or in pieces as it comes.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "chat/chat_turn.h"

namespace moongate {
namespace {

namespace json = boost::json;

constexpr MonoMs kKeepAliveMs = 15'000;  // proxies end a stream that is silent for a minute

std::string event_text(std::string_view name, const json::object& data) {
  return format_sse_event(name, json::serialize(data));
}

json::object error_of(std::string_view message) {
  return {{"error", json::object{{"code", 502}, {"message", message}, {"status", "UNAVAILABLE"}}}};
}

std::string known_text(const MessageRecord& message) {
  boost::system::error_code failed;
  const json::value blocks = json::parse(message.content, failed);
  return failed || !blocks.is_array() ? std::string() : text_of(blocks.get_array());
}

}  // namespace

json::object ChatTurn::told_session() const {
  json::object told{{"session_id", conversation_.id}, {"title", conversation_.title}, {"model", conversation_.model},
                    {"request_id", replays() ? known_answer_->request_id : source_->request_id()}};
  if (dropped_ > 0) told["messages_left_out"] = dropped_;
  if (replays()) told["replayed"] = true;
  return told;
}

json::object ChatTurn::told_usage() const {
  if (replays()) return {{"input_tokens", known_answer_->input_tokens}, {"output_tokens", known_answer_->output_tokens}};
  const ChatUsage& usage = source_->usage();
  return {{"input_tokens", usage.input_tokens}, {"output_tokens", usage.output_tokens},
          {"cache_read_tokens", usage.cache_read_tokens}, {"cache_write_tokens", usage.cache_write_tokens}};
}

json::object ChatTurn::told_end(bool whole) const {
  const bool partial = replays() ? known_answer_->state == "partial" : !whole;
  json::object told{{"session_id", conversation_.id}, {"partial", partial}};
  if (!replays()) told["stop_reason"] = source_->stop_reason();
  return told;
}

HttpResponse ChatTurn::answer_whole(const Gone& gone) {
  bool whole = true;
  std::string broken;
  while (!replays()) {
    const Result<bool> more = source_->next();
    stay();
    if (!more || gone()) {
      whole = false;
      broken = more ? "The client has left." : more.error().message;
      break;
    }
    if (!*more) break;
  }
  const std::string text = replays() ? known_text(*known_answer_) : source_->text();
  finish(whole);
  if (!whole && text.empty()) return chat_error(502, broken);
  json::object told = told_session();
  told["message"] = json::object{{"role", "assistant"}, {"content", text}};
  told["usage"] = told_usage();
  for (const auto& member : told_end(whole)) told.insert_or_assign(member.key(), member.value());
  if (!whole) told.insert_or_assign("error", error_of(broken)["error"]);
  return json_reply(200, told);
}

void ChatTurn::answer_in_pieces(BodyWriter& client) {
  // With an id, so that a browser that asks again by itself when the stream has ended says that it does.
  bool there = client.write("id: " + conversation_.id + "\n" + event_text("session", told_session()));
  MonoMs written = parts_.clock.mono_ms();
  const auto write = [&](std::string_view name, const json::object& data) {
    there = there && client.write(event_text(name, data));
    written = parts_.clock.mono_ms();
  };
  if (replays()) {
    write("delta", {{"text", known_text(*known_answer_)}});
    write("usage", told_usage());
    write("done", told_end(true));
    return finish(true);
  }
  source_->listen({[&](std::string_view text) { write("delta", {{"text", text}}); },
                   [&](std::string_view text) { write("thinking", {{"text", text}}); }});
  bool whole = false;
  std::string broken = "The client has left.";
  while (there && !client.gone()) {
    const Result<bool> more = source_->next();
    stay();
    if (!more) broken = more.error().message;
    whole = more && !*more;
    if (!more || whole) break;
    if (parts_.clock.mono_ms() - written > kKeepAliveMs) {
      there = there && client.write(": the model is at work\n\n");
      written = parts_.clock.mono_ms();
    }
  }
  source_->listen({});
  const json::object usage = told_usage();
  finish(whole);  // before the last event: who has it finds the answer in the conversation
  write("usage", usage);
  if (!whole) {
    json::object error = error_of(broken);
    error["partial"] = !source_->text().empty();
    return write("error", error);
  }
  write("done", told_end(true));
}

}  // namespace moongate
