#include "config/json_reader.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "config/nearest.h"

namespace moongate {
namespace {

// A file that is wrong throughout shall not fill the log.
constexpr std::size_t kMaxListed = 500;

bool is_variable_name(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

FileProblems::FileProblems(std::string file, std::string_view text, const EnvironmentLookup& environment,
                           std::vector<Problem>& problems)
    : file_(std::move(file)), text_(text), environment_(environment), problems_(problems), line_begins_{0} {
  for (std::size_t i = text.find('\n'); i != text.npos; i = text.find('\n', i + 1)) line_begins_.push_back(i + 1);
}

int FileProblems::line_of(std::size_t offset) const {
  const auto after = std::upper_bound(line_begins_.begin(), line_begins_.end(), offset);
  return static_cast<int>(after - line_begins_.begin());
}

TextPosition FileProblems::place_of(std::size_t offset) const {
  const int line = line_of(offset);
  const std::size_t begin = line_begins_[static_cast<std::size_t>(line) - 1];
  return {line, position_of(text_.substr(begin), offset - begin).column};
}

void FileProblems::add(std::size_t offset, std::string& path, std::string& message, bool warning) {
  errors_ = errors_ || !warning;
  if (overflow_) {
    problems_[*overflow_].warning &= warning;
    return;
  }
  const TextPosition at = place_of(offset);
  push({file_, at.line, at.column, std::move(path), std::move(message), warning});
}

void FileProblems::about_file(std::string message, bool warning) {
  errors_ = errors_ || !warning;
  push({file_, 0, 0, "", std::move(message), warning});
}

void FileProblems::push(Problem problem) {
  if (++listed_ > kMaxListed) {
    overflow_ = problems_.size();
    problem.path.clear();
    problem.message = "from here on there are more problems, which are not listed";
  }
  problems_.push_back(std::move(problem));
}

std::optional<std::string> FileProblems::expand(const std::string& text, std::size_t offset,
                                                const std::string& path) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t mark = text.find("${"); mark != text.npos; mark = text.find("${", from)) {
    const std::size_t close = text.find('}', mark);
    if (close == text.npos) {
      error(offset, path, "has ${ without a closing brace");
      return std::nullopt;
    }
    const std::string name = text.substr(mark + 2, close - mark - 2);
    if (!is_variable_name(name)) {
      error(offset, path, "has ${…} around something that is no environment variable's name");
      return std::nullopt;
    }
    const std::optional<std::string> value = environment_(name);
    if (!value) {
      error(offset, path, "takes ${" + quotable(name) + "} from the environment, where it is not set");
      return std::nullopt;
    }
    out.append(text, from, mark - from).append(*value);
    from = close + 1;
  }
  return out.append(text, from);
}

ObjectReader::ObjectReader(const JsonNode& node, std::string path, std::string_view what,
                           std::initializer_list<std::string_view> known, FileProblems& problems, Unknown unknown)
    : node_(node), path_(std::move(path)), problems_(problems) {
  if (!is_object()) {
    problems.error(node.begin, path_, std::string(what) + " must be an object in braces, not " +
                                          std::string(name_of(node.type)));
    return;
  }
  const std::vector<std::string_view> names(known);
  std::unordered_map<std::string_view, std::size_t> seen;
  for (const JsonMember& member : node.members) {
    const auto [first, fresh] = seen.emplace(member.key, member.key_begin);
    if (!fresh) {
      problems.error(member.key_begin, path_of(member.key),
                     "is here for the second time; the first is on line " + std::to_string(problems.line_of(first->second)));
      continue;
    }
    if (unknown == Unknown::kIgnore || std::find(names.begin(), names.end(), member.key) != names.end()) continue;
    if (unknown == Unknown::kRefuse) {
      problems.error(member.key_begin, path_of(member.key),
                     "unknown key; the nearest known one is " + std::string(nearest_name(member.key, names)));
    } else if (!member.key.starts_with('_')) {
      problems.warning(member.key_begin, path_of(member.key),
                       "unknown key, ignored; the nearest known one is " + std::string(nearest_name(member.key, names)));
    }
  }
}

const JsonNode* ObjectReader::typed(std::string_view key, JsonNode::Type type) {
  const JsonNode* node = node_.find(key);
  if (node == nullptr || node->type == type) return node;
  problems_.error(node->begin, path_of(key),
                  "must be " + std::string(name_of(type)) + ", not " + std::string(name_of(node->type)));
  return nullptr;
}

std::optional<TextValue> ObjectReader::text(std::string_view key) {
  const JsonNode* node = typed(key, JsonNode::Type::kString);
  if (node == nullptr) return std::nullopt;
  std::optional<std::string> expanded = problems_.expand(node->text, node->begin, path_of(key));
  if (!expanded) return std::nullopt;
  return TextValue{std::move(*expanded), node->begin, path_of(key)};
}

std::optional<TextValue> ObjectReader::required_text(std::string_view key, std::string_view hint) {
  if (!is_object()) return std::nullopt;
  if (!has(key)) {
    problems_.error(begin(), path_, "has no \"" + std::string(key) + "\"; " + std::string(hint));
    return std::nullopt;
  }
  std::optional<TextValue> value = text(key);
  if (value && value->text.empty()) {
    problems_.error(value->begin, value->path, "is empty; " + std::string(hint));
    return std::nullopt;
  }
  return value;
}

std::optional<TextValue> ObjectReader::decimal(std::string_view key) {
  const JsonNode* node = node_.find(key);
  if (node == nullptr || node->type != JsonNode::Type::kNumber) return text(key);
  return TextValue{node->text, node->begin, path_of(key)};
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view key, std::int64_t min, std::int64_t max,
                                                  std::string_view hint) {
  const JsonNode* node = typed(key, JsonNode::Type::kNumber);
  if (node == nullptr) return std::nullopt;
  std::int64_t value = 0;
  const std::string& text = node->text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= min && value <= max) return value;
  problems_.error(node->begin, path_of(key),
                  "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max) + std::string(hint));
  return std::nullopt;
}

std::optional<bool> ObjectReader::boolean(std::string_view key) {
  const JsonNode* node = typed(key, JsonNode::Type::kBoolean);
  if (node == nullptr) return std::nullopt;
  return node->boolean;
}

}  // namespace moongate
