// data/map/map-config.json and the credentials it names: who the static clients are, and which account serves
// which model. Loaded whole, checked whole, then immutable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "config/settings.h"
#include "config/terms.h"
#include "protocol/api.h"

namespace moongate {

struct Endpoint {
  std::string host;
  int port = 443;
  bool tls = true;
  std::string base_path;    // "/prefix" put before every target; empty mostly
  std::string authority() const;  // "host", or "host:port" where the port is not the scheme's own; IPv6 in brackets
  bool operator==(const Endpoint&) const = default;
};
// "host", "host:port", "http://…", "https://…/prefix". Host and scheme become lower case, a trailing '/' goes.
// kInvalid: no host, a bad port, a user name, a query, a path without a scheme or one that could reshape a request.
Result<Endpoint> parse_endpoint(std::string_view text);

enum class CredentialKind : std::uint8_t { kGoogleServiceAccount, kAnthropicApiKey, kGeminiApiKey };

// One file of data/json, or one made up for an environment variable or for the simulator.
struct Credential {
  CredentialKind kind = CredentialKind::kGoogleServiceAccount;
  std::string name;          // file name, or "env:ANTHROPIC_API_KEY"
  Secret api_key;            // the two API key kinds
  std::optional<Endpoint> base_url;
  // Google service account:
  std::string project_id;
  std::string client_email;
  std::string private_key_id;
  Secret private_key_pem;
  std::string token_uri;     // its host is on Settings::upstream.token_hosts, or it was made up by us
  bool simulated = false;
};

struct ModelRule {
  std::string model;            // without the '*' when wildcard
  bool wildcard = false;        // matches every model that begins with `model`
  std::string upstream_model;   // empty: the caller's name
  std::optional<Endpoint> endpoint;  // from `domain`, else the credential's base_url; none: the provider's default host
  std::string location;         // from `location`, else what `domain` says; empty: the caller's, else "us-central1"
};

// A credential in one role. The same Google file may serve Gemini (kVertex) and Claude (kVertexClaude).
struct Account {
  std::string name;             // the key file's name, as the map writes it; or "env:…", or "simulator-…"
  Provider provider = Provider::kAnthropic;
  std::shared_ptr<const Credential> credential;
  std::vector<ModelRule> models;
  LimitSet limits;              // of all that goes through this account
  int weight = 1;               // among accounts that no client's list names

  // The rule for a model: an exact one first, then the longest wildcard (the first of equals); nullptr: not served.
  const ModelRule* rule_for(std::string_view model) const;
};

struct WeightedAccount {
  std::string name;
  int weight = 1;
};

// The face on which a token may be presented. kGoogle: Vertex and Gemini paths, Claude on Vertex included;
// kAnthropic: /v1/messages and its kin.
enum class ServiceType : std::uint8_t { kAny, kGoogle, kAnthropic };
std::string_view to_string(ServiceType type);  // "any", "google", "anthropic", as the map writes it

struct Client {
  std::string id;               // stable and printable, never the token: "map:" + first 12 hex of its SHA-256, or `name`
  Secret token;
  bool enabled = true;
  ServiceType service_type = ServiceType::kAny;
  // nullopt: every account of that family; a list (even an empty one): just these.
  std::optional<std::vector<WeightedAccount>> gemini_accounts;
  std::optional<std::vector<WeightedAccount>> claude_accounts;
  Terms terms;
  std::string user;             // who pays, by name; empty: nobody
};

struct MapConfig {
  std::vector<Client> clients;
  std::vector<std::shared_ptr<const Account>> accounts;
  std::uint64_t generation = 0;  // rises with each load
  std::string raw;               // the file's text with tokens and unknown values masked, for moon.map and the console

  const Account* find_account(std::string_view name, Provider provider) const;
};

// Credentials that come from outside the map: ANTHROPIC_API_KEY, GEMINI_API_KEY, GOOGLE_APPLICATION_CREDENTIALS
// in the environment, and the simulator's for every provider that has no real one. Accounts made of them serve
// every model ("*") and come after the map's own.
struct AmbientCredentials {
  std::string anthropic_api_key;
  std::string gemini_api_key;
  std::string google_application_credentials;   // path of a key file
  std::optional<Endpoint> simulator;            // its address, when simulator.mode is auto
  std::string simulator_private_key_pem;        // the key of the simulated Google account
  std::vector<std::shared_ptr<const Account>> stored;  // put in by the admin API; the map's of the same name win
};

// What load_map asks of the world outside. Both may be empty.
struct MapHooks {
  // A variable's value for ${NAME}; empty: the process's environment.
  std::function<std::optional<std::string>(std::string_view name)> environment;
  // Whether a PEM text is a private key that can sign; its message ends the sentence "private_key …". Empty: only
  // the PEM's outer shape is looked at.
  std::function<Status(std::string_view pem)> check_private_key;
};

// Loads and checks everything: the map file, each key file that it names, what ambient adds. Every problem is
// appended to `problems`. nullptr: one of them was more than a warning, and an older map keeps serving.
// `${NAME}` in values is taken from the environment. A missing map file is one problem.
// Where the map has neither list of accounts, each *.json in map.credentials_dir is an account for every model.
// Blocks on the file system; no network.
std::shared_ptr<const MapConfig> load_map(const Settings& settings, const AmbientCredentials& ambient,
                                          std::uint64_t generation, std::vector<Problem>& problems,
                                          const MapHooks& hooks = {});

// Whether an assertion may be sent to `token_uri`: its host is on upstream.token_hosts (one without a port means
// the scheme's own, or any on loopback), under https, or under http when the host is loopback.
// kForbidden: the message ends the sentence "token_uri …".
Status check_token_uri(const Settings& settings, std::string_view token_uri);

// The map file that the first start writes when there is none: one client, "demo", and no accounts.
// Precondition: `token` is visible ASCII.
std::string demo_map(std::string_view token);

}  // namespace moongate
