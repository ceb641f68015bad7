#include "control/admin_input.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "config/host_text.h"
#include "config/nearest.h"
#include "config/terms.h"
#include "control/time_text.h"

namespace moongate {
namespace {

constexpr std::string_view kTimes = "a time such as \"2027-01-31\" or \"2027-01-31T12:00:00Z\"";

std::string quoted(std::string_view name) { return "\"" + quotable(name) + "\""; }

std::string not_known(std::string_view name, std::initializer_list<std::string_view> known, std::string_view kind) {
  if (known.size() == 0) return quoted(name) + " is not known: this request takes no " + std::string(kind) + "s.";
  const std::vector<std::string_view> names(known);
  return quoted(name) + " is no " + std::string(kind) + " of this request; did you mean \"" +
         std::string(nearest_name(name, names)) + "\"?";
}

bool of_letters(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
  });
}

// "u-", "c-" or "k-" and 16 characters: where a name or an id may stand, it would be taken for somebody else's id.
bool looks_like_id(std::string_view name) {
  return name.size() == 18 && name[1] == '-' && (name[0] == 'u' || name[0] == 'c' || name[0] == 'k');
}

}  // namespace

AdminBody::AdminBody(const HttpRequest& request, std::initializer_list<std::string_view> known, std::size_t max_bytes)
    : source_(request.body) {
  root_.type = JsonNode::Type::kObject;
  if (source_.empty()) return;
  if (source_.size() > max_bytes) {
    refuse("The body is longer than the " + std::to_string(max_bytes) + " bytes that this request may have.");
    return;
  }
  JsonNode read;
  if (const auto fault = parse_json(source_, read)) {
    const TextPosition at = position_of(source_, fault->offset);
    refuse("The body is not JSON (line " + std::to_string(at.line) + ", column " + std::to_string(at.column) +
           "): " + fault->message + ".");
    return;
  }
  if (read.type != JsonNode::Type::kObject) {
    refuse("The body must be a JSON object, not " + std::string(name_of(read.type)) + ".");
    return;
  }
  std::set<std::string_view> seen;
  for (const JsonMember& member : read.members) {
    if (std::find(known.begin(), known.end(), std::string_view(member.key)) == known.end()) {
      refuse(not_known(member.key, known, "member"));
    } else if (!seen.insert(member.key).second) {
      refuse(quoted(member.key) + " is there twice.");
    }
  }
  root_ = std::move(read);
}

bool AdminBody::is_null(std::string_view name) const {
  const JsonNode* node = root_.find(name);
  return node != nullptr && node->type == JsonNode::Type::kNull;
}

const JsonNode* AdminBody::typed(std::string_view name, JsonNode::Type type, std::string_view what) {
  const JsonNode* node = root_.find(name);
  if (node == nullptr || node->type == type) return node;
  refuse(quoted(name) + " must be " + std::string(what) + ", not " + std::string(name_of(node->type)) + ".");
  return nullptr;
}

std::optional<std::string> AdminBody::text(std::string_view name, std::size_t min_bytes, std::size_t max_bytes) {
  const JsonNode* node = typed(name, JsonNode::Type::kString, "a string");
  if (node == nullptr) return std::nullopt;
  if (node->text.size() < min_bytes || node->text.size() > max_bytes) {
    refuse(quoted(name) + " must have " + std::to_string(min_bytes) + " to " + std::to_string(max_bytes) + " characters.");
    return std::nullopt;
  }
  if (std::any_of(node->text.begin(), node->text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
    refuse(quoted(name) + " has control characters in it.");
    return std::nullopt;
  }
  return node->text;
}

std::string AdminBody::required_text(std::string_view name, std::size_t max_bytes, std::string_view hint) {
  if (!has(name)) refuse(quoted(name) + " is missing: " + std::string(hint) + ".");
  return text(name, 1, max_bytes).value_or(std::string());
}

std::string AdminBody::document(std::string_view name, std::size_t max_bytes, std::string_view hint) {
  if (!has(name)) refuse(quoted(name) + " is missing: " + std::string(hint) + ".");
  const JsonNode* node = typed(name, JsonNode::Type::kString, "a string");
  if (node == nullptr) return {};
  if (node->text.size() > max_bytes) refuse(quoted(name) + " is larger than " + std::to_string(max_bytes) + " bytes.");
  return node->text;
}

std::optional<bool> AdminBody::flag(std::string_view name) {
  const JsonNode* node = typed(name, JsonNode::Type::kBoolean, "true or false");
  if (node == nullptr) return std::nullopt;
  return node->boolean;
}

std::optional<std::int64_t> AdminBody::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const JsonNode* node = typed(name, JsonNode::Type::kNumber, "a whole number");
  if (node == nullptr) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = node->text.data() + node->text.size();
  const auto [stopped, error] = std::from_chars(node->text.data(), end, value);
  if (error != std::errc() || stopped != end || value < min || value > max) {
    refuse(quoted(name) + " must be a whole number from " + std::to_string(min) + " to " + std::to_string(max) + ".");
    return std::nullopt;
  }
  return value;
}

std::optional<NanoDollars> AdminBody::amount(std::string_view name) {
  const JsonNode* node = root_.find(name);
  if (node == nullptr) return std::nullopt;
  const bool readable = node->type == JsonNode::Type::kString || node->type == JsonNode::Type::kNumber;
  const std::optional<NanoDollars> value = readable ? parse_dollars(node->text) : std::nullopt;
  if (!value) refuse(quoted(name) + " must be an amount in dollars with at most nine decimals, such as \"12.50\".");
  return value;
}

std::optional<std::int64_t> AdminBody::time(std::string_view name) {
  if (!has(name)) return std::nullopt;
  if (is_null(name)) return 0;
  const JsonNode* node = typed(name, JsonNode::Type::kString, kTimes);
  if (node == nullptr) return std::nullopt;
  const std::optional<std::int64_t> value = parse_time(node->text);
  if (!value) refuse(quoted(name) + " must be " + std::string(kTimes) + ", or null for none.");
  return value;
}

std::optional<std::string> AdminBody::terms(std::string_view name) {
  const std::optional<std::string_view> source = object(name);
  if (!source) return std::nullopt;
  const Result<Terms> terms = parse_terms(*source);
  if (!terms) {
    refuse("\"" + std::string(name) + "\": " + terms.error().message);
    return std::nullopt;
  }
  return render_terms(*terms);
}

std::optional<std::string_view> AdminBody::object(std::string_view name) {
  const JsonNode* node = typed(name, JsonNode::Type::kObject, "an object");
  if (node == nullptr) return std::nullopt;
  return source_.substr(node->begin, node->end - node->begin);
}

std::optional<std::string_view> AdminBody::array(std::string_view name) {
  const JsonNode* node = typed(name, JsonNode::Type::kArray, "a list");
  if (node == nullptr) return std::nullopt;
  return source_.substr(node->begin, node->end - node->begin);
}

AdminQuery::AdminQuery(const HttpRequest& request, std::initializer_list<std::string_view> known) {
  for (auto& [name, value] : parse_form(request.query)) {
    if (std::find(known.begin(), known.end(), std::string_view(name)) == known.end()) {
      refuse(not_known(name, known, "parameter"));
    } else if (value.size() > 256) {
      refuse(quoted(name) + " is longer than 256 characters.");
    } else if (!values_.emplace(name, std::move(value)).second) {
      refuse(quoted(name) + " is there twice.");
    }
  }
}

std::string AdminQuery::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string() : found->second;
}

std::int64_t AdminQuery::integer(std::string_view name, std::int64_t otherwise, std::int64_t min, std::int64_t max) {
  const std::string given = text(name);
  if (given.empty()) return otherwise;
  std::int64_t value = 0;
  const auto [stopped, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc() || stopped != given.data() + given.size() || value < min || value > max) {
    refuse(quoted(name) + " must be a whole number from " + std::to_string(min) + " to " + std::to_string(max) + ".");
    return otherwise;
  }
  return value;
}

std::optional<std::int64_t> AdminQuery::time(std::string_view name) {
  const std::string given = text(name);
  if (given.empty()) return std::nullopt;
  const std::optional<std::int64_t> value = parse_time(given);
  if (!value) refuse(quoted(name) + " must be " + std::string(kTimes) + ".");
  return value;
}

std::string AdminQuery::choice(std::string_view name, std::initializer_list<std::string_view> choices) {
  const std::string given = text(name);
  if (given.empty()) return std::string(*choices.begin());
  if (std::find(choices.begin(), choices.end(), std::string_view(given)) != choices.end()) return given;
  std::string list;
  for (std::string_view each : choices) list += (list.empty() ? "" : ", ") + std::string(each);
  refuse(quoted(name) + " must be one of " + list + ".");
  return std::string(*choices.begin());
}

std::string user_name_fault(std::string_view name) {
  if (name.empty() || name.size() > 64 || !of_letters(name, "._@+-") || name.front() == '-' || name.front() == '.' ||
      name.front() == '+') {
    return "\"name\" must be 1 to 64 characters of A-Z, a-z, 0-9 and . _ @ + -, beginning with a letter, a digit or _.";
  }
  if (looks_like_id(name)) return "\"name\" looks like an id; choose another.";
  return {};
}

std::string client_name_fault(std::string_view name) {
  if (name.empty() || name.size() > 128 || !of_letters(name, "._@+-:") || name.front() == '-' || name.front() == '.' ||
      name.front() == '+') {
    return "\"name\" must be 1 to 128 characters of A-Z, a-z, 0-9 and . _ @ + - :, beginning with a letter, a digit or _.";
  }
  if (looks_like_id(name)) return "\"name\" looks like an id; choose another.";
  return {};
}

std::string email_fault(std::string_view email) {
  const std::size_t at = email.find('@');
  const bool usable = email.size() <= 254 && is_visible_ascii(email) && at != email.npos && at > 0 &&
                      at + 1 < email.size() && email.find('@', at + 1) == email.npos;
  return usable ? "" : "\"email\" must be an e-mail address.";
}

}  // namespace moongate
