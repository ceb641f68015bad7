#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "chat/worker_answer.h"

namespace moongate {
namespace {

namespace json = boost::json;

constexpr double kMostDollars = 10'000;

std::string_view text_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

const json::object* object_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found == nullptr ? nullptr : found->if_object();
}

}  // namespace

std::string render_worker_input(const Prompt& prompt) {
  std::string before;
  if (!prompt.instructions.empty()) before += "Instructions:\n" + std::string(prompt.instructions) + "\n\n";
  const std::size_t last = prompt.said->size() - 1;
  if (prompt.first < last) before += "What was said so far in this conversation:\n\n";
  for (std::size_t i = prompt.first; i < last; ++i) {
    const Said& each = (*prompt.said)[i];
    before += (each.author == "assistant" ? "Assistant: " : "User: ") + text_of(each.blocks) + "\n\n";
  }
  if (!before.empty()) before += "The user's message now:\n";
  json::array content;
  if (!before.empty()) content.push_back(json::object{{"type", "text"}, {"text", before}});
  for (const json::value& block : (*prompt.said)[last].blocks) content.push_back(block);
  const json::object line{{"type", "user"},
                          {"message", json::object{{"role", "user"}, {"content", std::move(content)}}},
                          {"session_id", "default"},
                          {"parent_tool_use_id", nullptr}};
  return json::serialize(line) + "\n";
}

bool WorkerLines::take(std::string_view line) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(line, failed);
  const json::object* object = failed ? nullptr : parsed.if_object();
  const std::string_view type = object == nullptr ? std::string_view() : text_in(*object, "type");
  if (type.empty()) return false;
  if (type == "stream_event") {
    if (const json::object* event = object_in(*object, "event"); event != nullptr) {
      in_pieces_ = in_pieces_ || text_in(*event, "type") == "content_block_delta";
      reader_.take_claude_event(*event);
    }
  } else if (type == "assistant") {
    if (const json::object* message = object_in(*object, "message"); message != nullptr) take_assistant(*message);
  } else if (type == "result") {
    take_result(*object);
  }
  return true;  // "system", "user" and whatever else there may be one day
}

// A whole message. With --include-partial-messages it was told in pieces before.
void WorkerLines::take_assistant(const json::object& message) {
  const json::value* content = message.if_contains("content");
  if (!in_pieces_ && content != nullptr && content->is_array()) {
    for (const json::value& each : content->get_array()) {
      const json::object* block = each.if_object();
      if (block != nullptr && text_in(*block, "type") == "text") reader_.add_paragraph(text_in(*block, "text"));
    }
  }
  if (const json::object* usage = object_in(message, "usage"); usage != nullptr && !in_pieces_) reader_.take_claude_usage(*usage);
  in_pieces_ = false;
}

void WorkerLines::take_result(const json::object& line) {
  ended_ = true;
  const json::value* wrong = line.if_contains("is_error");
  const std::string_view subtype = text_in(line, "subtype");
  if ((wrong != nullptr && wrong->is_bool() && wrong->get_bool()) || subtype.starts_with("error")) {
    error_ = "The worker could not answer" + (subtype.starts_with("error") ? " (" + std::string(subtype.substr(0, 60)) + ")" : std::string()) + ".";
  } else if (reader_.text().empty()) {
    reader_.add_paragraph(text_in(line, "result"));
  }
  if (const json::object* usage = object_in(line, "usage"); usage != nullptr) reader_.take_claude_usage(*usage);
  const json::value* cost = line.if_contains("total_cost_usd");
  if (cost == nullptr || !cost->is_number()) return;
  const double dollars = cost->to_number<double>();
  if (dollars >= 0 && dollars <= kMostDollars) cost_nano_ = std::llround(dollars * 1e9);
}

}  // namespace moongate
