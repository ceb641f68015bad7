// Accounts that no map names: from the environment, and simulated ones for providers that have nothing else.
#include <algorithm>

#include "config/credential_file.h"
#include "config/map_parts.h"

namespace moongate {
namespace {

constexpr Provider kProviders[] = {Provider::kAnthropic, Provider::kGemini, Provider::kVertex, Provider::kVertexClaude};

void add_key(MapLoading& loading, const std::string& variable, const std::string& key, CredentialKind kind,
             Provider provider) {
  if (key.empty()) return;
  if (Status status = check_api_key(key); !status) {
    loading.problems.push_back({"environment", 0, 0, variable, status.error().message});
    return;
  }
  auto credential = std::make_shared<Credential>();
  credential->kind = kind;
  credential->name = "env:" + variable;
  credential->api_key = Secret(key);
  add_account_for_all(loading, credential->name, provider, credential);
}

void add_google_file(MapLoading& loading, const std::string& path) {
  if (path.empty()) return;
  const std::string variable = "GOOGLE_APPLICATION_CREDENTIALS";
  auto read = read_credential_file(path, "env:" + variable, loading.settings, loading.hooks, loading.environment,
                                   loading.problems);
  if (!read) {
    loading.problems.push_back({"environment", 0, 0, variable,
                                "the key file " + path + " " + read.error().message + "; correct or unset the variable"});
    return;
  }
  if (*read == nullptr) return;
  if ((*read)->kind != CredentialKind::kGoogleServiceAccount) {
    loading.problems.push_back({"environment", 0, 0, variable, "the key file " + path + " is not a Google service account's"});
    return;
  }
  add_account_for_all(loading, (*read)->name, Provider::kVertex, *read);
  add_account_for_all(loading, (*read)->name, Provider::kVertexClaude, *read);
}

std::shared_ptr<Credential> simulated(const AmbientCredentials& ambient, CredentialKind kind, std::string name) {
  auto credential = std::make_shared<Credential>();
  credential->kind = kind;
  credential->name = std::move(name);
  credential->base_url = ambient.simulator;
  credential->simulated = true;
  return credential;
}

std::shared_ptr<const Credential> simulated_api_key(const AmbientCredentials& ambient, CredentialKind kind,
                                                    std::string name) {
  auto credential = simulated(ambient, kind, std::move(name));
  credential->api_key = Secret("simulated-key");
  return credential;
}

std::shared_ptr<const Credential> simulated_google(const AmbientCredentials& ambient) {
  auto credential = simulated(ambient, CredentialKind::kGoogleServiceAccount, "simulator-vertex");
  const Endpoint& at = *ambient.simulator;
  credential->project_id = "simulated-project";
  credential->client_email = "simulator@simulated-project.iam.gserviceaccount.com";
  credential->private_key_id = "simulated";
  credential->private_key_pem = Secret(ambient.simulator_private_key_pem);
  credential->token_uri = (at.tls ? "https://" : "http://") + at.authority() + at.base_path + "/token";
  return credential;
}

}  // namespace

void add_stored_accounts(MapLoading& loading) {
  for (const auto& account : loading.ambient.stored) {
    if (loading.out.find_account(account->name, account->provider) == nullptr) loading.out.accounts.push_back(account);
    loading.declared[static_cast<int>(family_of(account->provider))].insert(account->name);
  }
}

void add_environment_accounts(MapLoading& loading) {
  add_key(loading, "ANTHROPIC_API_KEY", loading.ambient.anthropic_api_key, CredentialKind::kAnthropicApiKey,
          Provider::kAnthropic);
  add_key(loading, "GEMINI_API_KEY", loading.ambient.gemini_api_key, CredentialKind::kGeminiApiKey, Provider::kGemini);
  add_google_file(loading, loading.ambient.google_application_credentials);
}

void add_simulator_accounts(MapLoading& loading) {
  const AmbientCredentials& ambient = loading.ambient;
  if (!ambient.simulator) return;
  const auto has_one = [&](Provider provider) {
    const auto& accounts = loading.out.accounts;
    return std::any_of(accounts.begin(), accounts.end(), [&](const auto& a) { return a->provider == provider; });
  };
  std::shared_ptr<const Credential> google;
  for (const Provider provider : kProviders) {
    if (has_one(provider)) continue;
    const std::string name = "simulator-" + std::string(to_string(provider));
    std::shared_ptr<const Credential> credential;
    if (provider == Provider::kAnthropic) {
      credential = simulated_api_key(ambient, CredentialKind::kAnthropicApiKey, name);
    } else if (provider == Provider::kGemini) {
      credential = simulated_api_key(ambient, CredentialKind::kGeminiApiKey, name);
    } else {
      if (!google) google = simulated_google(ambient);
      credential = google;
    }
    add_account_for_all(loading, name, provider, credential);
  }
}

}  // namespace moongate
