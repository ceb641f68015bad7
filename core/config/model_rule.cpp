// One entry of "models": which model, under which name and where.
#include <algorithm>

#include "config/host_text.h"
#include "config/map_parts.h"
#include "config/nearest.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxModel = 256;

bool is_vertex(Provider provider) { return provider == Provider::kVertex || provider == Provider::kVertexClaude; }

// Goes into a path segment or a body: nothing that could end either.
bool is_upstream_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxModel && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._@").find(c) != std::string_view::npos;
  }) && name != "." && name != "..";
}

bool is_location(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// The location that a Vertex host serves; empty: it does not say.
std::string location_of_host(std::string_view host) {
  constexpr std::string_view kRegional = "-aiplatform.googleapis.com";
  constexpr std::string_view kMulti = "aiplatform.", kRep = ".rep.googleapis.com";
  std::string_view location;
  if (host == kRegional.substr(1)) location = "global";
  if (host.ends_with(kRegional)) location = host.substr(0, host.size() - kRegional.size());
  if (host.size() > kMulti.size() + kRep.size() && host.starts_with(kMulti) && host.ends_with(kRep)) {
    location = host.substr(kMulti.size(), host.size() - kMulti.size() - kRep.size());
  }
  return is_location(location) ? std::string(location) : std::string();
}

// A host whose owner is known not to be the credential's: sending it there would give it away.
std::string foreign_owner(Provider provider, std::string_view host) {
  const auto belongs = [&](std::string_view domain) {
    return host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
  };
  if (provider == Provider::kAnthropic && belongs("googleapis.com")) {
    return "is Google's, and this account's key is Anthropic's; it would be given away";
  }
  if (provider != Provider::kAnthropic && belongs("anthropic.com")) {
    return "is Anthropic's, and this account's credential is Google's; it would be given away";
  }
  if (is_vertex(provider) && host == "generativelanguage.googleapis.com") {
    return "is the Gemini Developer API's host; a service account is served by aiplatform.googleapis.com";
  }
  if (provider == Provider::kGemini && host.ends_with("aiplatform.googleapis.com")) {
    return "is Vertex AI's host; a Gemini API key is served by generativelanguage.googleapis.com";
  }
  return {};
}

void read_domain(ObjectReader& object, Provider provider, ModelRule& rule, FileProblems& problems) {
  const auto domain = object.text("domain");
  if (!domain) return;
  Result<Endpoint> endpoint = parse_endpoint(domain->text);
  if (!endpoint) {
    problems.error(domain->begin, domain->path, endpoint.error().message);
    return;
  }
  if (const std::string fault = foreign_owner(provider, endpoint->host); !fault.empty()) {
    problems.error(domain->begin, domain->path, fault);
  } else if (!endpoint->tls && !is_loopback(endpoint->host)) {
    problems.warning(domain->begin, domain->path, "is http://, so the credential crosses the network in clear");
  }
  if (is_vertex(provider)) rule.location = location_of_host(endpoint->host);
  rule.endpoint = *endpoint;
}

void read_location(ObjectReader& object, Provider provider, ModelRule& rule, FileProblems& problems) {
  const auto location = object.text("location");
  if (!location) return;
  if (!is_location(location->text)) {
    problems.error(location->begin, location->path,
                   "is not a location such as us-central1, europe-west4 or global");
    return;
  }
  if (!is_vertex(provider)) {
    problems.warning(location->begin, location->path, "has no effect: only Vertex AI has locations");
    return;
  }
  if (!rule.location.empty() && rule.location != location->text) {
    problems.warning(location->begin, location->path,
                     "differs from " + rule.location + ", which the host of \"domain\" serves; Google will refuse it");
  }
  rule.location = location->text;
}

}  // namespace

bool is_model_name(std::string_view name) {
  return name.size() <= kMaxModel && is_visible_ascii(name) && name.find_first_of("*\"\\") == name.npos;
}

ModelRule read_model_rule(const JsonNode& node, const std::string& path, Provider provider,
                          const Credential& credential, FileProblems& problems) {
  ModelRule rule;
  rule.endpoint = credential.base_url;
  ObjectReader object(node, path, "a model", {"model", "domain", "upstream_model", "location"}, problems);
  if (auto model = object.required_text("model", "write the name that callers use, or \"*\" for every model")) {
    rule.wildcard = model->text.ends_with('*');
    if (rule.wildcard) model->text.pop_back();
    if (!is_model_name(model->text)) {
      problems.error(model->begin, model->path,
                     "is not a model's name: up to 256 visible characters, and '*' only as the last one");
    }
    rule.model = std::move(model->text);
  }
  if (auto upstream = object.text("upstream_model")) {
    if (!is_upstream_name(upstream->text)) {
      problems.error(upstream->begin, upstream->path, "is not a model's name: letters, digits and - . _ @ only");
    }
    rule.upstream_model = std::move(upstream->text);
  }
  read_domain(object, provider, rule, problems);
  read_location(object, provider, rule, problems);
  return rule;
}

}  // namespace moongate
