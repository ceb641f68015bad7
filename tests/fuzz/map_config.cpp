// The map and one key file, both hostile. The input is the map up to the first 0xFF byte, and the key file after it.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "config/check.h"
#include "config/client_index.h"
#include "config/json_tree.h"

namespace {

using namespace moongate;

// One folder for the whole run: the files are written anew for each input.
class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "moongate-fuzz-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    std::filesystem::create_directory(pattern + "/json");
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const std::filesystem::path& folder() {
  static const Folder made;
  return made.path();
}

void write(const char* name, std::string_view text) {
  const std::filesystem::path path = folder() / name;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  chmod(path.c_str(), 0600);
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check_map(const MapConfig& map) {
  const ClientIndex index(std::make_shared<MapConfig>(map), SipKey{1, 2});
  for (const Client& client : map.clients) {
    require(!client.token.empty() && !client.id.empty());
    require((index.find(client.token.reveal()) != nullptr) == client.enabled);
    for (const auto* list : {&client.gemini_accounts, &client.claude_accounts}) {
      if (!*list) continue;
      for (const WeightedAccount& account : **list) require(account.weight >= 1 && account.weight <= 10000);
    }
  }
  for (const auto& account : map.accounts) {
    require(account->credential != nullptr && account->name.find('/') == std::string::npos);
    for (const ModelRule& rule : account->models) {
      require(rule.upstream_model.find_first_of("/?# \r\n") == std::string::npos);
      require(!rule.endpoint || (!rule.endpoint->host.empty() && rule.endpoint->port > 0));
    }
  }
  JsonNode masked;
  require(!parse_json(map.raw, masked));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(input.find('\xFF'), input.size());
  write("map.json", input.substr(0, cut));
  write("json/k.json", cut < input.size() ? input.substr(cut + 1) : R"({"type":"gemini_api_key","api_key":"k"})");
  Settings settings;
  settings.map.file = folder() / "map.json";
  settings.map.credentials_dir = folder() / "json";
  MapHooks hooks;
  hooks.environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "SET") return "value-of-SET";
    return std::nullopt;
  };
  std::vector<Problem> problems;
  const auto map = load_map(settings, {}, 1, problems, hooks);
  require((map == nullptr) == has_errors(problems));
  for (const Problem& problem : problems) require(problem.line >= 0 && problem.column >= 0 && !problem.message.empty());
  require(format_problems(problems).size() < (std::size_t{1} << 22));
  if (map) check_map(*map);
  return 0;
}
