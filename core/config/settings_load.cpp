// Defaults, file, environment and --set, in that order.
#include "config/file_read.h"
#include "config/nearest.h"
#include "config/setting_row.h"

namespace moongate {
namespace {

constexpr const char* kDefaultFile = "conf/moongate.yaml";

void read_file(const SettingsSources& sources, Settings& settings, SettingOrigins& origins,
               std::vector<Problem>& problems) {
  const std::string path = sources.file.empty() ? kDefaultFile : sources.file;
  const Result<FileText> file = read_whole_file(path, kMaxConfigBytes);
  if (file) {
    apply_settings_yaml(path, file->text, settings, origins, problems);
    return;
  }
  if (sources.file.empty() && file.error().kind == ErrorKind::kNotFound) return;
  problems.push_back({path, 0, 0, "", "the settings file " + file.error().message +
                                          "; correct it, or name another with --config"});
}

void read_variable(const std::string& name, const std::string& value, Settings& settings, SettingOrigins& origins,
                   std::vector<Problem>& problems) {
  std::vector<std::string> names;
  for (const SettingRow& row : setting_rows()) {
    names.push_back(environment_name(row.key));
    if (names.back() != name) continue;
    if (Status status = assign_setting(row, value, settings); !status) {
      problems.push_back({"environment", 0, 0, name, status.error().message});
    } else {
      origins.set(row.key, {"environment", 0, 0, name});
    }
    return;
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  problems.push_back({"environment", 0, 0, quotable(name),
                      "sets nothing; the nearest known variable is " + std::string(nearest_name(name, known)), true});
}

void read_set(std::string_view text, Settings& settings, SettingOrigins& origins, std::vector<Problem>& problems) {
  const std::size_t equals = text.find('=');
  const std::string_view key = text.substr(0, equals);
  if (equals == text.npos) {
    problems.push_back({"--set", 0, 0, quotable(key), "write it as key=value, such as --set listen.http=:8888"});
    return;
  }
  const SettingRow* row = find_setting(key);
  if (row == nullptr) {
    problems.push_back({"--set", 0, 0, quotable(key),
                        "unknown setting; the nearest known one is " + std::string(nearest_name(key, setting_keys()))});
    return;
  }
  if (Status status = assign_setting(*row, text.substr(equals + 1), settings); !status) {
    problems.push_back({"--set", 0, 0, std::string(key), status.error().message});
    return;
  }
  origins.set(row->key, {"--set", 0, 0, std::string(key)});
}

}  // namespace

void SettingOrigins::set(std::string_view key, SettingOrigin origin) {
  for (auto& [known, place] : entries_) {
    if (known == key) {
      place = std::move(origin);
      return;
    }
  }
  entries_.emplace_back(std::string(key), std::move(origin));
}

SettingOrigin SettingOrigins::of(std::string_view key) const {
  for (const auto& [known, place] : entries_) {
    if (known == key) return place;
  }
  return {"", 0, 0, std::string(key)};
}

bool SettingOrigins::written(std::string_view key) const { return !of(key).file.empty(); }

Settings load_settings(const SettingsSources& sources, std::vector<Problem>& problems) {
  Settings settings;
  SettingOrigins origins;
  read_file(sources, settings, origins, problems);
  for (const auto& [name, value] : sources.environment) read_variable(name, value, settings, origins, problems);
  for (const std::string& text : sources.sets) read_set(text, settings, origins, problems);
  cross_check_settings(settings, origins, problems);
  return settings;
}

}  // namespace moongate
