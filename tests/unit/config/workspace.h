// A folder of its own for each test, with the files that an operator would have.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "config/map.h"
#include "config/settings.h"

namespace moongate::testing {

// Has the outer shape of a key and is none.
inline const char* kPem = "-----BEGIN PRIVATE KEY-----\\nMIIB\\n-----END PRIVATE KEY-----\\n";

inline std::string service_account_json(const std::string& extra = "") {
  return std::string("{\n  \"type\": \"service_account\",\n  \"project_id\": \"acme-prod\",\n") +
         "  \"private_key_id\": \"k1\",\n  \"private_key\": \"" + kPem + "\",\n" +
         "  \"client_email\": \"bot@acme-prod.iam.gserviceaccount.com\",\n  \"client_id\": \"1\"" + extra +
         ",\n  \"token_uri\": \"https://oauth2.googleapis.com/token\"\n}\n";
}

class Workspace {
 public:
  Workspace() {
    std::string pattern = std::filesystem::temp_directory_path() / "moongate-config-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    root_ = pattern;
    std::filesystem::create_directory(root_ / "json");
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() { std::filesystem::remove_all(root_); }

  std::string path(const std::string& name) const { return root_ / name; }

  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const std::string file = path(name);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
    chmod(file.c_str(), mode);
    return file;
  }

  // vertex.json, anthropic.json and gemini.json.
  void write_key_files() const {
    write("json/vertex.json", service_account_json());
    write("json/anthropic.json", R"({"type": "anthropic_api_key", "api_key": "anthropic-secret-1"})");
    write("json/gemini.json", R"({"type": "gemini_api_key", "api_key": "gemini-secret-1"})");
  }

  Settings settings() const {
    Settings settings;
    settings.map.file = path("map-config.json");
    settings.map.credentials_dir = path("json");
    return settings;
  }

  // `text` without the name of this folder.
  std::string without_folder(std::string text) const {
    const std::string prefix = root_.string() + "/";
    for (std::size_t at = text.find(prefix); at != text.npos; at = text.find(prefix)) text.erase(at, prefix.size());
    return text;
  }

 private:
  std::filesystem::path root_;
};

// Hooks whose environment is this map alone.
inline MapHooks hooks_with(std::map<std::string, std::string> environment) {
  MapHooks hooks;
  hooks.environment = [environment = std::move(environment)](std::string_view name) -> std::optional<std::string> {
    const auto found = environment.find(std::string(name));
    if (found == environment.end()) return std::nullopt;
    return found->second;
  };
  return hooks;
}

// A map and what loading it gave.
struct Loaded {
  std::shared_ptr<const MapConfig> map;
  std::vector<Problem> problems;
};

inline Loaded load(const Workspace& workspace, const std::string& map_text, const AmbientCredentials& ambient = {},
                   std::map<std::string, std::string> environment = {}) {
  workspace.write("map-config.json", map_text);
  Loaded loaded;
  loaded.map = load_map(workspace.settings(), ambient, 1, loaded.problems, hooks_with(std::move(environment)));
  return loaded;
}

}  // namespace moongate::testing
