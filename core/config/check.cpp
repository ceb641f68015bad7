#include "config/check.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "config/file_read.h"

namespace moongate {
namespace {

// The settings that name a file which must be there from the beginning.
void check_named_files(const Settings& settings, std::vector<Problem>& problems) {
  const std::pair<const char*, const std::string*> files[] = {{"tls.certificate", &settings.tls.certificate},
                                                              {"tls.key", &settings.tls.key},
                                                              {"upstream.ca_file", &settings.upstream.ca_file}};
  for (const auto& [key, path] : files) {
    if (path->empty()) continue;
    if (const auto file = read_whole_file(*path, kMaxMapBytes); !file) {
      problems.push_back({*path, 0, 0, key, file.error().message});
    } else if (file->others_may_read && path == &settings.tls.key) {
      problems.push_back({*path, 0, 0, key, "can be read by other users of this machine; run: chmod 600 " + *path, true});
    }
  }
  std::error_code error;
  if (!std::filesystem::is_directory(settings.policy.dir, error)) {
    problems.push_back({settings.policy.dir, 0, 0, "policy.dir", "is not a folder; it must hold auth.lua and the others"});
  }
}

void check_unused_keys(const Settings& settings, const MapConfig& map, std::vector<Problem>& problems) {
  std::set<std::string> used;
  for (const auto& account : map.accounts) used.insert(account->name);
  std::error_code error;
  std::set<std::string> unused;
  for (std::filesystem::directory_iterator entry(settings.map.credentials_dir, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".json") && !used.contains(name)) unused.insert(entry->path().string());
  }
  for (const std::string& path : unused) {
    problems.push_back({path, 0, 0, "", "is no account's key file in " + settings.map.file +
                                            ", so it is not used; list it in key_filename_gemini or key_filename_claude",
                        true});
  }
}

}  // namespace

CheckReport check_configuration(const SettingsSources& sources, const AmbientCredentials& ambient,
                                const MapHooks& hooks) {
  CheckReport report;
  report.settings = load_settings(sources, report.problems);
  check_named_files(report.settings, report.problems);
  report.map = load_map(report.settings, ambient, 1, report.problems, hooks);
  if (report.map) check_unused_keys(report.settings, *report.map, report.problems);
  return report;
}

std::string format_problems(const std::vector<Problem>& problems) {
  std::string out;
  for (const bool warnings : {false, true}) {
    for (const Problem& problem : problems) {
      if (problem.warning == warnings) out += (warnings ? "warning: " : "error: ") + problem.format() + "\n";
    }
  }
  return out;
}

}  // namespace moongate
