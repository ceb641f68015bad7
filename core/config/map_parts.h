// The parts that load_map is made of. Inside core/config only.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/json_reader.h"
#include "config/map.h"

namespace moongate {

// The two lists of the map: which one an account stands in decides what it is asked for.
enum class Family : std::uint8_t { kGemini, kClaude };
std::string_view list_key(Family family);  // "key_filename_gemini"
Family family_of(Provider provider);
// What a credential is in that list; nullopt: it has no place there.
std::optional<Provider> provider_in(Family family, CredentialKind kind);

struct MapLoading {
  const Settings& settings;
  const AmbientCredentials& ambient;
  const MapHooks& hooks;
  EnvironmentLookup environment;
  MapConfig& out;
  std::vector<Problem>& problems;

  // File name to credential; null for one whose problems have been reported.
  std::map<std::string, std::shared_ptr<const Credential>> credentials;
  // Names in each list, also of accounts that turned out broken.
  std::set<std::string, std::less<>> declared[2];
};

// Each list of accounts in the map. False: it has neither.
bool read_accounts(ObjectReader& root, MapLoading& loading, FileProblems& problems);
ModelRule read_model_rule(const JsonNode& node, const std::string& path, Provider provider,
                          const Credential& credential, FileProblems& problems);
void read_clients(ObjectReader& root, MapLoading& loading, FileProblems& problems);

// Accounts from the files of map.credentials_dir, for a map without lists.
void add_folder_accounts(MapLoading& loading);
// Accounts of the store, where the map has none of that name and provider.
void add_stored_accounts(MapLoading& loading);
// Accounts from the environment.
void add_environment_accounts(MapLoading& loading);
// A simulated account for each provider that has none.
void add_simulator_accounts(MapLoading& loading);
// One account that serves every model.
void add_account_for_all(MapLoading& loading, const std::string& name, Provider provider,
                         std::shared_ptr<const Credential> credential);

// What is wrong with the name of a key file; empty: nothing.
std::string key_filename_fault(std::string_view name);
std::string credential_path(const Settings& settings, std::string_view name);

// The file's text with every client_token, and every value of a key that is not known, as "***".
std::string masked_map(std::string_view text, const JsonNode& root);

}  // namespace moongate
