#include "config/json_tree.h"

#include <algorithm>

#include "config/nearest.h"

namespace moongate {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Length of the valid UTF-8 sequence that `s` begins with, 0: none (RFC 3629; no overlong forms, no surrogates).
std::size_t utf8_sequence(std::string_view s) {
  const auto byte = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0U; };
  const unsigned lead = byte(0);
  std::size_t length = 0;
  unsigned low = 0x80, high = 0xBF;
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  if (length == 0 || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// Every read_… returns false once fault_ is set, and leaves pos_ at what could not be read.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<JsonFault> parse(JsonNode& root) {
    if (text_.starts_with("\xEF\xBB\xBF")) {
      fail("begins with a byte order mark; save the file as UTF-8 without one");
    } else if (skip_spaces(); pos_ == text_.size()) {
      fail("is empty; at least {} is needed");
    } else if (read_value(root, 0)) {
      skip_spaces();
      if (pos_ < text_.size()) fail("something follows after the end of the document");
    }
    return fault_;
  }

 private:
  bool fail(std::string message) { return fail_at(pos_, std::move(message)); }
  bool fail_at(std::size_t offset, std::string message) {
    fault_ = JsonFault{offset, path_, std::move(message)};
    return false;
  }
  bool unexpected(std::string_view wanted) {
    return fail(std::string(pos_ < text_.size() ? "syntax error: expected " : "the file ends here: expected ") +
                std::string(wanted));
  }
  char peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }
  void skip_spaces() {
    while (pos_ < text_.size() && std::string_view(" \t\r\n").find(text_[pos_]) != std::string_view::npos) ++pos_;
  }

  bool read_value(JsonNode& node, int depth) {
    node.begin = pos_;
    bool ok = false;
    switch (peek()) {
      case '{': ok = enter(depth) && read_object(node, depth + 1); break;
      case '[': ok = enter(depth) && read_array(node, depth + 1); break;
      case '"':
        node.type = JsonNode::Type::kString;
        ok = read_string(node.text);
        break;
      case 't': ok = read_word("true", node, JsonNode::Type::kBoolean, true); break;
      case 'f': ok = read_word("false", node, JsonNode::Type::kBoolean, false); break;
      case 'n': ok = read_word("null", node, JsonNode::Type::kNull, false); break;
      default: ok = read_number(node);
    }
    node.end = pos_;
    return ok;
  }

  bool enter(int depth) {
    return depth < kMaxJsonDepth || fail("is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
  }

  bool read_object(JsonNode& node, int depth) {
    node.type = JsonNode::Type::kObject;
    ++pos_;
    skip_spaces();
    if (take('}')) return true;
    for (;;) {
      if (peek() != '"') return unexpected(node.members.empty() ? "a key in double quotes or '}'"
                                                                : "a key in double quotes (no comma before '}')");
      JsonMember& member = node.members.emplace_back();
      member.key_begin = pos_;
      if (!read_string(member.key)) return false;
      skip_spaces();
      if (!take(':')) return unexpected("':' after the key");
      skip_spaces();
      const std::size_t outer = path_.size();
      path_ = json_path(path_, member.key);
      if (!read_value(member.value, depth)) return false;
      path_.resize(outer);
      skip_spaces();
      if (take('}')) return true;
      if (!take(',')) return unexpected("',' or '}'");
      skip_spaces();
    }
  }

  bool read_array(JsonNode& node, int depth) {
    node.type = JsonNode::Type::kArray;
    ++pos_;
    skip_spaces();
    if (take(']')) return true;
    for (;;) {
      const std::size_t outer = path_.size();
      path_ = json_path(path_, node.items.size());
      if (!read_value(node.items.emplace_back(), depth)) return false;
      path_.resize(outer);
      skip_spaces();
      if (take(']')) return true;
      if (!take(',')) return unexpected("',' or ']'");
      skip_spaces();
    }
  }

  bool take(char c) {
    if (peek() != c || pos_ >= text_.size()) return false;
    ++pos_;
    return true;
  }

  bool read_word(std::string_view word, JsonNode& node, JsonNode::Type type, bool value) {
    if (text_.substr(pos_, word.size()) != word) return unexpected("a value (true, false and null are lower case)");
    node.type = type;
    node.boolean = value;
    pos_ += word.size();
    return true;
  }

  bool read_digits() {
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) ++pos_;
    return true;
  }

  bool read_number(JsonNode& node) {
    const std::size_t begin = pos_;
    take('-');
    if (pos_ == begin && !is_digit(peek())) return unexpected("a value");
    if (!take('0') && !read_digits()) return unexpected("a digit");
    if (is_digit(peek())) return unexpected("a number without leading zeros");
    if (take('.') && !read_digits()) return unexpected("a digit after the point");
    if (peek() == 'e' || peek() == 'E') {
      ++pos_;
      if (!take('+')) take('-');
      if (!read_digits()) return unexpected("a digit of the exponent");
    }
    node.type = JsonNode::Type::kNumber;
    node.text = text_.substr(begin, pos_ - begin);
    return true;
  }

  bool read_string(std::string& out) {
    const std::size_t begin = pos_++;
    for (;;) {
      if (pos_ >= text_.size()) return fail_at(begin, "this string has no closing quote");
      const char c = text_[pos_];
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) {
        return fail(c == '\n' ? "the string ends without a closing quote" : "a control byte in a string; write it as \\u00XX");
      }
      if (c == '\\') {
        if (!read_escape(out)) return false;
        continue;
      }
      const std::size_t length = utf8_sequence(text_.substr(pos_));
      if (length == 0) return fail("this byte is not valid UTF-8; save the file as UTF-8");
      out.append(text_, pos_, length);
      pos_ += length;
    }
    ++pos_;
    return true;
  }

  bool read_escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kBytes = "\"\\/\b\f\n\r\t";
    const std::size_t begin = pos_++;
    if (peek() != 'u') {
      const std::size_t known = pos_ < text_.size() ? kLetters.find(text_[pos_]) : std::string_view::npos;
      if (known == std::string_view::npos) return fail_at(begin, "no such escape in a string; a backslash is written \\\\");
      out += kBytes[known];
      ++pos_;
      return true;
    }
    unsigned code = 0, low = 0;
    if (!read_hex4(code)) return fail_at(begin, "\\u needs four hex digits");
    if (code == 0) return fail_at(begin, "\\u0000 is not allowed here");
    if (code >= 0xD800 && code <= 0xDFFF) {
      if (code >= 0xDC00 || !take('\\') || !read_hex4(low) || low < 0xDC00 || low > 0xDFFF) {
        return fail_at(begin, "half of a surrogate pair");
      }
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, code);
    return true;
  }

  // "uXXXX"
  bool read_hex4(unsigned& code) {
    if (!take('u')) return false;
    code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      const unsigned digit = is_digit(c)               ? static_cast<unsigned>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                             : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                    : 16U;
      if (digit == 16) return false;
      code = code * 16 + digit;
      ++pos_;
    }
    return true;
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  std::string path_ = "$";
  std::optional<JsonFault> fault_;
};

}  // namespace

const JsonNode* JsonNode::find(std::string_view key) const {
  for (const JsonMember& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string_view name_of(JsonNode::Type type) {
  constexpr std::string_view kNames[] = {"null", "true or false", "a number", "a string", "an array", "an object"};
  return kNames[static_cast<std::size_t>(type)];
}

std::optional<JsonFault> parse_json(std::string_view text, JsonNode& root) {
  root = JsonNode();
  return Parser(text).parse(root);
}

std::string json_path(std::string_view parent, std::string_view key) {
  const auto plain = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  std::string out(parent);
  if (!key.empty() && key.size() <= 60 && std::all_of(key.begin(), key.end(), plain)) {
    out.append(".").append(key);
  } else {
    out.append("[\"").append(quotable(key)).append("\"]");
  }
  return out;
}

std::string json_path(std::string_view parent, std::size_t index) {
  return std::string(parent) + "[" + std::to_string(index) + "]";
}

TextPosition position_of(std::string_view text, std::size_t offset) {
  TextPosition at;
  for (char c : text.substr(0, std::min(offset, text.size()))) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

}  // namespace moongate
