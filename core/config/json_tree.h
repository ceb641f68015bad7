// A small JSON document with the place of everything in it, so that a complaint can name line, column and path.
// For files that an operator writes; requests never come here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moongate {

struct JsonMember;

struct JsonNode {
  enum class Type : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };
  Type type = Type::kNull;
  bool boolean = false;
  std::size_t begin = 0, end = 0;   // byte offsets into the document
  std::string text;                 // a string's text, a number as it is written
  std::vector<JsonNode> items;      // of an array
  std::vector<JsonMember> members;  // of an object, in order, repeated keys included

  const JsonNode* find(std::string_view key) const;  // the first of that name, or nullptr
};

struct JsonMember {
  std::string key;
  std::size_t key_begin = 0;
  JsonNode value;
};

std::string_view name_of(JsonNode::Type type);  // "an object", "a string"

struct JsonFault {
  std::size_t offset = 0;
  std::string path;     // of the value it happened in: "$.clients[2]"
  std::string message;  // never repeats the document, which may hold secrets
};

inline constexpr int kMaxJsonDepth = 64;

// RFC 8259 to the letter: no comments, no trailing commas, nothing after the end, valid UTF-8, paired surrogates;
// and no NUL in any string. nullopt: `root` holds the document.
std::optional<JsonFault> parse_json(std::string_view text, JsonNode& root);

// "$.a" + ".b", or "$.a" + ["odd key"] where the key is no plain name.
std::string json_path(std::string_view parent, std::string_view key);
std::string json_path(std::string_view parent, std::size_t index);

struct TextPosition {
  int line = 1;
  int column = 1;  // in characters (code points), as editors count
};
TextPosition position_of(std::string_view text, std::size_t offset);

}  // namespace moongate
