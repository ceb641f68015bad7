// Runs tests/cases/config/*.case: an operator's mistake, and the lines that it is answered with.
#include <gtest/gtest.h>

#include <algorithm>

#include "config/check.h"
#include "workspace.h"

namespace moongate {
namespace {

using testing::Workspace;

struct Case {
  std::string name;
  std::string map, settings;
  bool has_map = false, has_settings = false;
  std::map<std::string, std::string> key_files, environment, overrides;
  std::map<std::string, mode_t> modes;
  std::vector<std::string> sets;
  std::string says;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::string unescape(const std::string& line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line.compare(i, 2, "\\x") == 0 && i + 3 < line.size()) {
      out += static_cast<char>(std::stoi(line.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else {
      out += line[i];
    }
  }
  return out;
}

bool take(std::string line, const std::string& word, std::string& rest) {
  if (!line.starts_with(word)) return false;
  rest = line.substr(word.size());
  return true;
}

std::pair<std::string, std::string> split(const std::string& text, char mark) {
  const std::size_t at = text.find(mark);
  return {text.substr(0, at), at == text.npos ? "" : text.substr(at + 1)};
}

std::vector<Case> read_cases(const std::string& file) {
  std::vector<Case> cases;
  std::ifstream in(std::string(MOONGATE_SOURCE_DIR) + "/tests/cases/config/" + file);
  std::string* block = nullptr;  // where lines indented by two go
  for (std::string line, rest; std::getline(in, line);) {
    if (block != nullptr && line.starts_with("  ")) {
      *block += (block == &cases.back().says ? line.substr(2) : unescape(line.substr(2))) + "\n";
      continue;
    }
    block = nullptr;
    if (line.empty() || line.starts_with("#")) continue;
    if (take(line, "case: ", rest)) {
      cases.emplace_back().name = rest;
      continue;
    }
    Case& current = cases.back();
    if (line == "map:") {
      current.has_map = true;
      block = &current.map;
    } else if (line == "settings:") {
      current.has_settings = true;
      block = &current.settings;
    } else if (line == "says:") {
      block = &current.says;
    } else if (take(line, "key ", rest)) {
      block = &current.key_files[rest.substr(0, rest.size() - 1)];
    } else if (take(line, "env: ", rest)) {
      current.environment.insert(split(rest, '='));
    } else if (take(line, "with: ", rest)) {
      current.overrides.insert(split(rest, '='));
    } else if (take(line, "mode: ", rest)) {
      const auto [name, mode] = split(rest, ' ');
      current.modes[name] = static_cast<mode_t>(std::stoi(mode, nullptr, 8));
    } else if (take(line, "set: ", rest)) {
      current.sets.push_back(rest);
    } else {
      ADD_FAILURE() << file << ": what is this: " << line;
    }
  }
  return cases;
}

std::string test_name(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.name;
  std::replace_if(name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name + "_" + std::to_string(info.index);
}

void write_files(const Case& c, const Workspace& workspace) {
  workspace.write_key_files();
  for (const auto& [name, text] : c.key_files) workspace.write("json/" + name, text);
  if (c.has_map) workspace.write("map-config.json", c.map);
  for (const auto& [name, mode] : c.modes) chmod(workspace.path(name).c_str(), mode);
}

class MapCase : public ::testing::TestWithParam<Case> {};

TEST_P(MapCase, SaysWhatIsWrongWhereAndWhatToDo) {
  const Case& c = GetParam();
  const Workspace workspace;
  write_files(c, workspace);
  Settings settings = workspace.settings();
  for (const auto& [key, value] : c.overrides) {
    if (key == "upstream.token_hosts") settings.upstream.token_hosts = value;
  }
  std::vector<Problem> problems;
  const auto map = load_map(settings, {}, 1, problems, testing::hooks_with(c.environment));
  EXPECT_EQ(workspace.without_folder(format_problems(problems)), c.says);
  EXPECT_EQ(map == nullptr, c.says.starts_with("error: ")) << "errors, and only they, make the map unusable";
  for (const Problem& problem : problems) EXPECT_EQ(problem.format().find("secret"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Map, MapCase, ::testing::ValuesIn(read_cases("map.case")), test_name);
INSTANTIATE_TEST_SUITE_P(KeyFile, MapCase, ::testing::ValuesIn(read_cases("key-file.case")), test_name);

class SettingsCase : public ::testing::TestWithParam<Case> {};

TEST_P(SettingsCase, SaysWhatIsWrongWhereAndWhatToDo) {
  const Case& c = GetParam();
  const Workspace workspace;
  SettingsSources sources;
  sources.file = workspace.path("moongate.yaml");
  if (c.has_settings) workspace.write("moongate.yaml", c.settings);
  if (!c.has_settings && c.says.find("moongate.yaml") == c.says.npos) workspace.write("moongate.yaml", "");
  sources.environment.assign(c.environment.begin(), c.environment.end());
  sources.sets = c.sets;
  std::vector<Problem> problems;
  load_settings(sources, problems);
  EXPECT_EQ(workspace.without_folder(format_problems(problems)), c.says);
  for (const Problem& problem : problems) EXPECT_EQ(problem.format().find("secret"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Settings, SettingsCase, ::testing::ValuesIn(read_cases("settings.case")), test_name);

}  // namespace
}  // namespace moongate
