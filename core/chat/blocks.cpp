// What a caller may say, and what can be told of it.
#include <algorithm>
#include <boost/json/value.hpp>

#include "chat/prompt.h"

namespace moongate {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxBlocks = 100;
constexpr std::size_t kTitleCharacters = 80;

Error wrong(std::string message) { return Error(ErrorKind::kInvalid, std::move(message), ErrorSource::kClient); }

const json::string* string_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found == nullptr ? nullptr : found->if_string();
}

bool has_only(const json::object& object, std::initializer_list<std::string_view> names) {
  for (const auto& member : object) {
    if (std::find(names.begin(), names.end(), std::string_view(member.key())) == names.end()) return false;
  }
  return true;
}

Status check_block(const json::value& value) {
  const json::object* block = value.if_object();
  const json::string* type = block == nullptr ? nullptr : string_in(*block, "type");
  if (type == nullptr) return wrong("\"message\" must be text, or a list of blocks, each an object with a \"type\".");
  if (*type == "text") {
    const json::string* text = string_in(*block, "text");
    if (text == nullptr || text->empty() || !has_only(*block, {"type", "text"})) return wrong("A text block has a \"text\" that is not empty, and nothing else.");
    return {};
  }
  if (*type != "image" && *type != "document") return wrong("A block's \"type\" is text, image or document.");
  const json::value* source = block->if_contains("source");
  const json::object* fields = source == nullptr ? nullptr : source->if_object();
  const json::string* kind = fields == nullptr ? nullptr : string_in(*fields, "type");
  if (kind == nullptr || *kind != "base64" || string_in(*fields, "media_type") == nullptr || string_in(*fields, "data") == nullptr ||
      !has_only(*fields, {"type", "media_type", "data"}) || !has_only(*block, {"type", "source"})) {
    return wrong("A block of this type has a \"source\" of {\"type\": \"base64\", \"media_type\", \"data\"}, and nothing else.");
  }
  return {};
}

}  // namespace

Result<json::array> read_blocks(const json::value& message) {
  if (const json::string* text = message.if_string(); text != nullptr) {
    if (text->empty()) return wrong("\"message\" must not be empty.");
    return json::array{json::object{{"type", "text"}, {"text", *text}}};
  }
  const json::array* blocks = message.if_array();
  if (blocks == nullptr || blocks->empty() || blocks->size() > kMaxBlocks) {
    return wrong("\"message\" must be text, or a list of 1 to " + std::to_string(kMaxBlocks) + " blocks.");
  }
  for (const json::value& each : *blocks) {
    if (Status checked = check_block(each); !checked) return checked.error();
  }
  return *blocks;
}

std::string text_of(const json::array& blocks) {
  std::string text;
  for (const json::value& each : blocks) {
    const json::object* block = each.if_object();
    const json::string* type = block == nullptr ? nullptr : string_in(*block, "type");
    const json::string* part = type != nullptr && *type == "text" ? string_in(*block, "text") : nullptr;
    if (part == nullptr) continue;
    if (!text.empty()) text += "\n\n";
    text.append(part->data(), part->size());
  }
  return text;
}

std::string title_of(const json::array& blocks) {
  const std::string text = text_of(blocks);
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "Untitled";
  const std::string line = text.substr(begin, text.find_first_of("\r\n", begin) - begin);
  std::size_t characters = 0, end = 0, word_end = 0;
  while (end < line.size() && characters < kTitleCharacters && end < 240) {
    if (line[end] == ' ') word_end = end;
    ++end;
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) ++end;  // the rest of a character
    ++characters;
  }
  if (end == line.size()) return line;
  return line.substr(0, word_end > 20 ? word_end : end) + "…";
}

}  // namespace moongate
