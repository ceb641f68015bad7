#include "chat/worker_command.h"

#include <unistd.h>

#include <algorithm>
#include <map>

namespace moongate {
namespace {

constexpr std::string_view kUsualPath = "/usr/local/bin:/usr/bin:/bin";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      inside = true;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      inside = true;
    } else if (quote == 0 && is_space(c)) {
      if (inside) words.push_back(std::exchange(word, {}));
      inside = false;
    } else {
      word += c;
      inside = true;
    }
  }
  if (quote != 0) return Error(ErrorKind::kInvalid, "worker.command: a quote does not end");
  if (inside) words.push_back(std::move(word));
  if (words.empty()) return Error(ErrorKind::kInvalid, "worker.command: there is no word in it");
  return words;
}

std::vector<std::string> fill_in(const std::vector<std::string>& words, std::string_view model) {
  static constexpr std::string_view kPlace = "{model}";
  std::vector<std::string> filled = words;
  for (std::string& word : filled) {
    for (std::size_t at = word.find(kPlace); at != std::string::npos; at = word.find(kPlace, at + model.size())) {
      word.replace(at, kPlace.size(), model);
    }
  }
  return filled;
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:@/-").find(c) != std::string_view::npos;
  });
}

std::vector<std::string> worker_environment(std::string_view names, const std::string& folder,
                                            const std::vector<std::pair<std::string, std::string>>& own) {
  const auto value_of = [&own](std::string_view name) -> const std::string* {
    for (const auto& [key, value] : own) {
      if (key == name) return &value;
    }
    return nullptr;
  };
  const std::string* path = value_of("PATH");
  std::map<std::string, std::string> made{{"PATH", path == nullptr ? std::string(kUsualPath) : *path},
                                          {"HOME", folder}, {"TMPDIR", folder}, {"LANG", "C.UTF-8"}};
  while (!names.empty()) {
    const std::size_t comma = names.find(',');
    std::string_view name = names.substr(0, comma);
    names = comma == std::string_view::npos ? std::string_view() : names.substr(comma + 1);
    while (!name.empty() && is_space(name.front())) name.remove_prefix(1);
    while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
    if (const std::string* value = name.empty() ? nullptr : value_of(name)) made[std::string(name)] = *value;
  }
  std::vector<std::string> lines;
  for (const auto& [name, value] : made) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<std::pair<std::string, std::string>> own_environment() {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view line = *each;
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) pairs.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return pairs;
}

}  // namespace moongate
