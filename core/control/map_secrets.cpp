#include "control/map_secrets.h"

#include <algorithm>
#include <cctype>

namespace moongate {
namespace {

// Keys whose values are no secrets: what the map's reader knows (docs/map-config.md), but for client_token.
constexpr std::string_view kShown[] = {
    "clients", "name", "enable", "service_type", "limits", "models", "model", "domain", "upstream_model", "location",
    "key_filename", "key_weight", "key_filename_gemini", "key_filename_claude", "requests_per_minute", "tokens_per_minute",
    "input_tokens_per_minute", "output_tokens_per_minute", "tokens_per_day", "cost_per_day", "cost_per_month", "concurrent",
    "user", "providers", "ip_allow", "expires", "shadow", "markup", "trace"};
constexpr std::string_view kSecretNames[] = {"token",  "secret", "passw", "credential", "private", "api_key",
                                             "apikey", "bearer", "auth",  "key"};
constexpr std::string_view kSecretBeginnings[] = {"mg-", "sk-", "AIza", "ya29.", "-----BEGIN", "eyJ", "Bearer "};
constexpr std::size_t kShortestSecret = 20;

// Of these, those whose values are objects: a string there is somebody's mistake, and may be a token.
constexpr std::string_view kObjects[] = {"clients", "limits", "key_filename_gemini", "key_filename_claude"};

bool holds_objects(std::string_view key) { return std::find(std::begin(kObjects), std::end(kObjects), key) != std::end(kObjects); }
bool is_shown(std::string_view key) { return std::find(std::begin(kShown), std::end(kShown), key) != std::end(kShown); }

bool is_named_like_a_secret(std::string_view key) {
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(std::begin(kSecretNames), std::end(kSecretNames),
                     [&](std::string_view part) { return lower.find(part) != lower.npos; });
}

bool looks_like_a_secret(std::string_view text) {
  for (const std::string_view beginning : kSecretBeginnings) {
    for (std::size_t at = text.find(beginning); at != text.npos; at = text.find(beginning, at + 1)) {
      const std::size_t end = text.find_first_of(" \t,;\"'", at + beginning.size());
      if (std::min(end, text.size()) - at >= kShortestSecret) return true;
    }
  }
  return false;
}

// "${NAME}" alone names a variable, whose value is not here.
bool is_reference(std::string_view text) {
  return text.starts_with("${") && text.ends_with('}') && text.find('}') == text.size() - 1;
}

enum class Region { kKnown, kRemark, kSecret };

void walk(const JsonNode& node, Region region, std::vector<SecretPlace>& places);

void walk_objects(const JsonNode& node, std::vector<SecretPlace>& places) {
  if (node.type == JsonNode::Type::kArray) {
    for (const JsonNode& item : node.items) walk_objects(item, places);
  } else {
    walk(node, node.type == JsonNode::Type::kObject ? Region::kKnown : Region::kSecret, places);
  }
}

void walk(const JsonNode& node, Region region, std::vector<SecretPlace>& places) {
  if (node.type == JsonNode::Type::kString) {
    const bool secret = region == Region::kSecret ? !node.text.empty() && !is_reference(node.text) : looks_like_a_secret(node.text);
    if (secret) places.push_back({node.begin, node.end});
  }
  for (const JsonNode& item : node.items) walk(item, region, places);
  for (const JsonMember& member : node.members) {
    Region inner = region;
    if (region == Region::kKnown && member.key.starts_with('_')) inner = Region::kRemark;
    if (region == Region::kKnown && inner == Region::kKnown && !is_shown(member.key)) inner = Region::kSecret;
    if (inner == Region::kRemark && !is_shown(member.key) && is_named_like_a_secret(member.key)) inner = Region::kSecret;
    if (inner == Region::kKnown && holds_objects(member.key)) {
      walk_objects(member.value, places);
    } else {
      walk(member.value, inner, places);
    }
  }
}

bool is_number_or_word(std::string_view text) {
  return text == "true" || text == "false" || text == "null" || text.find_first_not_of("0123456789.+-eE") == text.npos;
}

// One pass over a text that only resembles JSON.
class BrokenScan {
 public:
  explicit BrokenScan(std::string_view text) : text_(text) {}

  std::vector<SecretPlace> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        take_string();
      } else if (std::string_view("{}[],: \t\r\n").find(c) != std::string_view::npos) {
        if (c == '[') list_key_ = key_;
        if (c == '{' || c == '}') key_ = {};
        if (c == ',') key_ = list_key_;
        if (c == ']' || c == '{') list_key_ = {};
        ++at_;
      } else {
        take_word();
      }
    }
    return std::move(places_);
  }

 private:
  void take_string() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, text_.size());
    const bool closed = at_ < text_.size() && text_[at_] == '"';
    const std::string_view inner = text_.substr(begin + 1, at_ - begin - 1);
    if (closed) ++at_;
    const std::size_t next = text_.find_first_not_of(" \t\r\n", at_);
    if (closed && next != text_.npos && text_[next] == ':') {
      key_ = inner;
      if (looks_like_a_secret(inner)) places_.push_back({begin, at_});
    } else if (!inner.empty() && !is_reference(inner) && (!closed || !is_shown(key_) || holds_objects(key_) || looks_like_a_secret(inner))) {
      places_.push_back({begin, at_});
    }
  }

  void take_word() {
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of("{}[],:\" \t\r\n", at_), text_.size());
    const std::string_view word = text_.substr(begin, at_ - begin);
    constexpr std::size_t kShortWord = 5;
    if (word.size() > kShortWord && !is_number_or_word(word)) places_.push_back({begin, at_});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view key_, list_key_;
  std::vector<SecretPlace> places_;
};

}  // namespace

std::vector<SecretPlace> secret_places(const JsonNode& root) {
  std::vector<SecretPlace> places;
  walk(root, Region::kKnown, places);
  return places;
}

std::vector<SecretPlace> secret_places_of_broken(std::string_view text) { return BrokenScan(text).run(); }

}  // namespace moongate
