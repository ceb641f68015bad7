#include "config/stored_account.h"

#include "config/credential_file.h"
#include "config/host_text.h"
#include "config/map_parts.h"
#include "crypto/base64.h"

namespace moongate {
namespace {

Error told(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (problem.warning) continue;
    text += (text.empty() ? "" : "; ") + problem.file + (problem.path.empty() ? "" : " " + problem.path) + " " +
            problem.message;
  }
  return Error(ErrorKind::kInvalid, text + ".");
}

// Where a credential may be sent. The operator's own files may say more; what comes over a network may not reach the
// metadata service of the machine that the gateway runs on, nor send a key in clear.
void check_reach(const Endpoint& endpoint, const std::string& what, std::vector<Problem>& problems) {
  const auto refuse = [&](const char* why) { problems.push_back({what, 0, 0, "", why, false}); };
  if (!endpoint.tls && !is_loopback(endpoint.host)) refuse("is http:// and not on this machine; it must be https://");
  const std::string_view host = endpoint.host;
  if (host.starts_with("169.254.") || host.starts_with("fe80:") || host.starts_with("::ffff:") ||
      host == "0.0.0.0" || host == "::" || host == "fd00:ec2::254" || host == "metadata.google.internal" ||
      host == "metadata.goog") {
    refuse("names an address at which no AI provider is");
  }
}

std::vector<ModelRule> read_models(std::string_view models, Provider provider, const Credential& credential,
                                   const EnvironmentLookup& environment, std::vector<Problem>& problems) {
  std::vector<ModelRule> rules;
  FileProblems report("models", models, environment, problems);
  JsonNode root;
  if (!models.empty()) {
    if (const auto fault = parse_json(models, root)) {
      report.error(fault->offset, fault->path, "is not JSON: " + fault->message);
      return rules;
    }
    if (root.type != JsonNode::Type::kArray) {
      report.error(0, "$", "must be a list of models");
      return rules;
    }
  }
  for (std::size_t i = 0; i < root.items.size(); ++i) {
    rules.push_back(read_model_rule(root.items[i], json_path("$", i), provider, credential, report));
    if (rules.back().endpoint) check_reach(*rules.back().endpoint, "models[" + std::to_string(i) + "].domain", problems);
  }
  if (rules.empty()) {
    rules.emplace_back();
    rules.back().wildcard = true;
    rules.back().endpoint = credential.base_url;
  }
  return rules;
}

}  // namespace

std::string seal_upstream_credential(const SealedBox& box, std::string_view name, std::string_view json, Random& random) {
  return base64_encode(box.seal(json, std::string(kUpstreamCredentialContext) + std::string(name), random));
}

std::optional<Secret> open_upstream_credential(const SealedBox& box, std::string_view name, std::string_view sealed) {
  const std::optional<std::string> bytes = base64_decode(sealed);
  if (!bytes) return std::nullopt;
  std::optional<std::string> json = box.open(*bytes, std::string(kUpstreamCredentialContext) + std::string(name));
  if (!json) return std::nullopt;
  return Secret(std::move(*json));
}

Result<std::vector<std::shared_ptr<const Account>>> read_stored_account(std::string_view name, std::string_view credential,
                                                                        std::string_view models,
                                                                        const Settings& settings, const MapHooks& hooks) {
  if (credential.find("${") != credential.npos || models.find("${") != models.npos) {
    return Error(ErrorKind::kInvalid, "${NAME} is for key files of the map; put the value itself here.");
  }
  const EnvironmentLookup environment = [](std::string_view) { return std::nullopt; };
  std::vector<Problem> problems;
  const std::shared_ptr<const Credential> read =
      read_credential_text(credential, "credential", std::string(name), settings, hooks, environment, problems);
  if (!read) return told(problems);
  if (read->base_url) check_reach(*read->base_url, "credential $.base_url", problems);
  std::vector<std::shared_ptr<const Account>> accounts;
  for (const Family family : {Family::kGemini, Family::kClaude}) {
    const std::optional<Provider> provider = provider_in(family, read->kind);
    if (!provider) continue;
    auto account = std::make_shared<Account>();
    account->name = name;
    account->provider = *provider;
    account->credential = read;
    account->models = read_models(models, *provider, *read, environment, problems);
    accounts.push_back(std::move(account));
    if (has_errors(problems)) return told(problems);
  }
  return accounts;
}

}  // namespace moongate
