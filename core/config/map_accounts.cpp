// The lists "key_filename_gemini" and "key_filename_claude" of the map, and the folder that stands in for them.
#include <algorithm>
#include <filesystem>

#include "config/credential_file.h"
#include "config/map_parts.h"
#include "config/nearest.h"
#include "config/terms_reader.h"

namespace moongate {
namespace {

constexpr Family kFamilies[] = {Family::kGemini, Family::kClaude};

std::string no_place(Family family) {
  return family == Family::kGemini
             ? "is an Anthropic API key, which cannot serve Gemini; list it in key_filename_claude"
             : "is a Gemini API key, which cannot serve Claude; list it in key_filename_gemini";
}

// Null when it cannot be used; then that has been reported.
std::shared_ptr<const Credential> credential_for(const TextValue& name, MapLoading& loading, FileProblems& problems) {
  if (const auto known = loading.credentials.find(name.text); known != loading.credentials.end()) return known->second;
  auto& slot = loading.credentials[name.text];
  const std::string path = credential_path(loading.settings, name.text);
  auto read = read_credential_file(path, name.text, loading.settings, loading.hooks, loading.environment, loading.problems);
  if (read) {
    slot = *read;
  } else {
    const bool missing = read.error().kind == ErrorKind::kNotFound;
    problems.error(name.begin, name.path,
                   "the key file " + path + " " + read.error().message +
                       (missing ? "; put it there, or correct the name" : ""));
  }
  return slot;
}

class AccountReader {
 public:
  AccountReader(Family family, MapLoading& loading, FileProblems& problems)
      : family_(family), loading_(loading), problems_(problems) {}

  void read(const JsonNode& node, const std::string& path) {
    ObjectReader object(node, path, "an account", {"key_filename", "models", "limits"}, problems_);
    const auto name = object.required_text("key_filename", "name a file in " + loading_.settings.map.credentials_dir);
    if (!name || !is_usable(*name)) return;
    const auto credential = credential_for(*name, loading_, problems_);
    if (!credential) return;
    const auto provider = provider_in(family_, credential->kind);
    if (!provider) {
      problems_.error(name->begin, name->path, no_place(family_));
      return;
    }
    auto account = std::make_shared<Account>();
    account->name = name->text;
    account->provider = *provider;
    account->credential = credential;
    account->limits = read_limits(object, problems_);
    read_models(object, *account);
    loading_.out.accounts.push_back(std::move(account));
  }

 private:
  bool is_usable(const TextValue& name) {
    if (const std::string fault = key_filename_fault(name.text); !fault.empty()) {
      problems_.error(name.begin, name.path, fault);
      return false;
    }
    loading_.declared[static_cast<int>(family_)].insert(name.text);
    if (const auto [first, fresh] = lines_.emplace(name.text, problems_.line_of(name.begin)); !fresh) {
      problems_.error(name.begin, name.path,
                      "is listed for the second time; the first is on line " + std::to_string(first->second) +
                          ", put all its models there");
      return false;
    }
    return true;
  }

  void read_models(ObjectReader& object, Account& account) {
    const JsonNode* models = object.array("models");
    if (models == nullptr || models->items.empty()) {
      problems_.warning(models == nullptr ? object.begin() : models->begin, object.path_of("models"),
                        "names no model, so this account serves nothing; {\"model\": \"*\"} means every model");
      return;
    }
    std::map<std::string, int> lines;
    for (std::size_t i = 0; i < models->items.size(); ++i) {
      const JsonNode& item = models->items[i];
      const std::string path = json_path(object.path_of("models"), i);
      ModelRule rule = read_model_rule(item, path, account.provider, *account.credential, problems_);
      const std::string name = rule.model + (rule.wildcard ? "*" : "");
      const auto [first, fresh] = lines.emplace(name, problems_.line_of(item.begin));
      if (!fresh && !name.empty()) {
        problems_.warning(item.begin, path,
                          "names the same model as line " + std::to_string(first->second) + ", which wins");
      }
      account.models.push_back(std::move(rule));
    }
  }

  Family family_;
  MapLoading& loading_;
  FileProblems& problems_;
  std::map<std::string, int> lines_;
};

}  // namespace

std::string_view list_key(Family family) {
  return family == Family::kGemini ? "key_filename_gemini" : "key_filename_claude";
}

Family family_of(Provider provider) {
  return provider == Provider::kVertex || provider == Provider::kGemini ? Family::kGemini : Family::kClaude;
}

std::optional<Provider> provider_in(Family family, CredentialKind kind) {
  const bool gemini = family == Family::kGemini;
  switch (kind) {
    case CredentialKind::kGoogleServiceAccount: return gemini ? Provider::kVertex : Provider::kVertexClaude;
    case CredentialKind::kGeminiApiKey: return gemini ? std::optional(Provider::kGemini) : std::nullopt;
    case CredentialKind::kAnthropicApiKey: return gemini ? std::nullopt : std::optional(Provider::kAnthropic);
  }
  return std::nullopt;
}

std::string key_filename_fault(std::string_view name) {
  if (name.find_first_of("/\\") != name.npos || name == "." || name == "..") {
    return "must be the name of a file in map.credentials_dir, without a folder";
  }
  if (name.size() > 255) return "is longer than a file's name can be";
  const bool control = std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return control ? "has control bytes in it" : "";
}

std::string credential_path(const Settings& settings, std::string_view name) {
  const std::string& folder = settings.map.credentials_dir;
  return folder + (folder.ends_with('/') ? "" : "/") + std::string(name);
}

bool read_accounts(ObjectReader& root, MapLoading& loading, FileProblems& problems) {
  for (const Family family : kFamilies) {
    const JsonNode* list = root.array(list_key(family));
    if (list == nullptr) continue;
    AccountReader reader(family, loading, problems);
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      reader.read(list->items[i], json_path(root.path_of(list_key(family)), i));
    }
  }
  return root.has(list_key(Family::kGemini)) || root.has(list_key(Family::kClaude));
}

void add_account_for_all(MapLoading& loading, const std::string& name, Provider provider,
                         std::shared_ptr<const Credential> credential) {
  ModelRule all;
  all.wildcard = true;
  all.endpoint = credential->base_url;
  auto account = std::make_shared<Account>();
  account->name = name;
  account->provider = provider;
  account->models.push_back(std::move(all));
  account->credential = std::move(credential);
  loading.declared[static_cast<int>(family_of(provider))].insert(name);
  loading.out.accounts.push_back(std::move(account));
}

void add_folder_accounts(MapLoading& loading) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(loading.settings.map.credentials_dir, error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".json") && !name.starts_with('.')) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::string path = credential_path(loading.settings, name);
    auto read = read_credential_file(path, name, loading.settings, loading.hooks, loading.environment, loading.problems);
    if (!read) loading.problems.push_back({path, 0, 0, "", "the key file " + read.error().message});
    if (!read || *read == nullptr) continue;
    for (const Family family : kFamilies) {
      if (const auto provider = provider_in(family, (*read)->kind)) add_account_for_all(loading, name, *provider, *read);
    }
  }
}

}  // namespace moongate
