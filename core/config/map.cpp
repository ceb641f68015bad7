#include "config/map.h"

#include <cstdlib>

#include "base/log.h"
#include "config/file_read.h"
#include "config/map_parts.h"
#include "config/map_text.h"

namespace moongate {
namespace {

std::optional<std::string> process_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string unreadable(const Error& error) {
  if (error.kind != ErrorKind::kNotFound) return "the map " + error.message;
  return "the map does not exist; copy data/map/map-config.example.json there, or set map.file";
}

// `text`: what is to be read in place of the file's; null: the file.
void read_map_file(MapLoading& loading, const std::string_view* text) {
  const std::string& path = loading.settings.map.file;
  FileText file;
  if (text != nullptr) {
    file.text = *text;
  } else if (auto read = read_whole_file(path, kMaxMapBytes)) {
    file = std::move(*read);
  } else {
    loading.problems.push_back({path, 0, 0, "", unreadable(read.error())});
    return;
  }
  FileProblems problems(path, file.text, loading.environment, loading.problems);
  if (file.others_may_read) {
    problems.about_file("can be read by other users of this machine, and holds tokens; run: chmod 600 " + path, true);
  }
  JsonNode document;
  if (const auto fault = parse_json(file.text, document)) {
    problems.error(fault->offset, fault->path, fault->message);
    return;
  }
  ObjectReader root(document, "$", "the map", {"clients", list_key(Family::kGemini), list_key(Family::kClaude)}, problems);
  if (!root.is_object()) return;
  if (!read_accounts(root, loading, problems)) add_folder_accounts(loading);
  add_stored_accounts(loading);
  add_environment_accounts(loading);
  add_simulator_accounts(loading);
  read_clients(root, loading, problems);
  loading.out.raw = masked_map(file.text, document);
}

std::shared_ptr<const MapConfig> load(const Settings& settings, const AmbientCredentials& ambient,
                                      std::uint64_t generation, const std::string_view* text,
                                      std::vector<Problem>& problems, const MapHooks& hooks) {
  auto map = std::make_shared<MapConfig>();
  map->generation = generation;
  std::vector<Problem> found;
  MapLoading loading{settings, ambient, hooks, hooks.environment ? hooks.environment : process_environment,
                     *map,     found,   {},    {}};
  read_map_file(loading, text);
  const bool usable = !has_errors(found);
  problems.insert(problems.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  if (!usable) return nullptr;
  return map;
}

}  // namespace

std::string_view to_string(ServiceType type) {
  switch (type) {
    case ServiceType::kAny: return "any";
    case ServiceType::kGoogle: return "google";
    case ServiceType::kAnthropic: return "anthropic";
  }
  return {};
}

const ModelRule* Account::rule_for(std::string_view model) const {
  const ModelRule* best = nullptr;
  for (const ModelRule& rule : models) {
    if (!rule.wildcard) {
      if (rule.model == model) return &rule;
    } else if (model.starts_with(rule.model) && (best == nullptr || rule.model.size() > best->model.size())) {
      best = &rule;
    }
  }
  return best;
}

const Account* MapConfig::find_account(std::string_view name, Provider provider) const {
  for (const auto& account : accounts) {
    if (account->provider == provider && account->name == name) return account.get();
  }
  return nullptr;
}

std::shared_ptr<const MapConfig> load_map(const Settings& settings, const AmbientCredentials& ambient,
                                          std::uint64_t generation, std::vector<Problem>& problems,
                                          const MapHooks& hooks) {
  return load(settings, ambient, generation, nullptr, problems, hooks);
}

std::shared_ptr<const MapConfig> load_map_text(const Settings& settings, const AmbientCredentials& ambient,
                                               std::string_view text, std::vector<Problem>& problems,
                                               const MapHooks& hooks) {
  return load(settings, ambient, 0, &text, problems, hooks);
}

std::string demo_map(std::string_view token) {
  std::string text = R"({
  "clients": [
    {
      "name": "demo",
      "client_token": ")";
  append_json_escaped(text, token);
  return text + R"(",
      "enable": true,
      "service_type": "any"
    }
  ]
}
)";
}

}  // namespace moongate
