#include "config/credential_file.h"

#include <algorithm>

#include "config/file_read.h"
#include "config/host_text.h"
#include "config/nearest.h"

namespace moongate {
namespace {

constexpr const char* kGoogleTokenUri = "https://oauth2.googleapis.com/token";
constexpr std::string_view kTypes =
    "write \"service_account\" (a Google key file as downloaded), \"anthropic_api_key\" or \"gemini_api_key\"";

Error invalid(std::string text) { return Error(ErrorKind::kInvalid, std::move(text)); }

Status check_pem_shape(const std::string& pem) {
  if (pem.find("ENCRYPTED") != pem.npos) return invalid("is encrypted; store the key without a passphrase");
  const std::size_t begin = pem.find("-----BEGIN ");
  const std::size_t end = pem.find("PRIVATE KEY-----");
  if (begin == pem.npos || end == pem.npos || pem.find("-----END ", end) == pem.npos) {
    return invalid("is not a PEM private key (\"-----BEGIN PRIVATE KEY-----\" to \"-----END PRIVATE KEY-----\")");
  }
  if (pem.find("\\n") != pem.npos) return invalid("has its line breaks escaped twice: in JSON they are \\n, not \\\\n");
  return {};
}

// A project's id goes into the path of every request.
bool is_project_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == ':' || c == '_';
  }) && id.find("..") == id.npos;
}

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != text.npos && at > 0 && at + 1 < text.size() && is_visible_ascii(text) && text.size() <= 320;
}

class CredentialReader {
 public:
  CredentialReader(const JsonNode& root, FileProblems& problems, const Settings& settings, const MapHooks& hooks,
                   Credential& out)
      : problems_(problems), settings_(settings), hooks_(hooks), out_(out),
        // Google's files hold many keys that are of no use here, and may get more.
        object_(root, "$", "a key file",
                {"type", "api_key", "base_url", "project_id", "client_email", "private_key", "private_key_id", "token_uri"},
                problems, ObjectReader::Unknown::kIgnore) {}

  void read() {
    const auto type = object_.required_text("type", kTypes);
    if (!type) return;
    if (type->text == "service_account") {
      read_service_account();
    } else if (type->text == "anthropic_api_key" || type->text == "gemini_api_key") {
      out_.kind = type->text == "gemini_api_key" ? CredentialKind::kGeminiApiKey : CredentialKind::kAnthropicApiKey;
      read_api_key();
    } else {
      problems_.error(type->begin, type->path,
                      "\"" + quotable(type->text) + "\" is no kind of key file that an account can have; " + std::string(kTypes));
    }
  }

 private:
  void read_api_key() {
    if (auto key = object_.required_text("api_key", "put the provider's API key there, or ${NAME} for one in the environment")) {
      if (Status status = check_api_key(key->text); !status) {
        problems_.error(key->begin, key->path, status.error().message);
      }
      out_.api_key = Secret(std::move(key->text));
    }
    const auto base_url = object_.text("base_url");
    if (!base_url) return;
    Result<Endpoint> endpoint = parse_endpoint(base_url->text);
    if (!endpoint) {
      problems_.error(base_url->begin, base_url->path, endpoint.error().message);
      return;
    }
    if (!endpoint->tls && !is_loopback(endpoint->host)) {
      problems_.warning(base_url->begin, base_url->path, "is http://, so the API key crosses the network in clear");
    }
    out_.base_url = *endpoint;
  }

  void read_service_account() {
    out_.kind = CredentialKind::kGoogleServiceAccount;
    constexpr std::string_view kAgain = "download the key file again from Google";
    if (auto project = object_.required_text("project_id", kAgain)) {
      if (!is_project_id(project->text)) problems_.error(project->begin, project->path, "is not a Google project's id");
      out_.project_id = std::move(project->text);
    }
    if (auto email = object_.required_text("client_email", kAgain)) {
      if (!is_email(email->text)) problems_.error(email->begin, email->path, "is not an e-mail address");
      out_.client_email = std::move(email->text);
    }
    if (auto id = object_.text("private_key_id")) {
      if (!is_visible_ascii(id->text) || id->text.size() > 256) problems_.error(id->begin, id->path, "is not a key's id");
      out_.private_key_id = std::move(id->text);
    }
    read_private_key(kAgain);
    read_token_uri();
    if (object_.has("base_url")) {
      problems_.warning(object_.begin(), object_.path_of("base_url"),
                        "has no effect in a Google key file; write \"domain\" at the models in the map");
    }
  }

  void read_private_key(std::string_view hint) {
    auto pem = object_.required_text("private_key", hint);
    if (!pem) return;
    Status status = check_pem_shape(pem->text);
    if (status && hooks_.check_private_key) status = hooks_.check_private_key(pem->text);
    if (!status) problems_.error(pem->begin, pem->path, status.error().message);
    out_.private_key_pem = Secret(std::move(pem->text));
  }

  void read_token_uri() {
    const auto uri = object_.text("token_uri");
    out_.token_uri = uri ? uri->text : kGoogleTokenUri;
    if (!uri) return;
    if (Status status = check_token_uri(settings_, uri->text); !status) {
      problems_.error(uri->begin, uri->path, status.error().message);
    }
  }

  FileProblems& problems_;
  const Settings& settings_;
  const MapHooks& hooks_;
  Credential& out_;
  ObjectReader object_;
};

}  // namespace

Status check_api_key(std::string_view key) {
  if (!is_visible_ascii(key)) return invalid("has a space, a line break or a byte beyond ASCII in it, which no API key has");
  if (key.size() > 4096) return invalid("is longer than 4096 characters, which no API key is");
  return {};
}

Status check_token_uri(const Settings& settings, std::string_view token_uri) {
  const auto refuse = [](std::string text) { return Error(ErrorKind::kForbidden, std::move(text)); };
  const std::string lower = to_lower(token_uri.substr(0, 8));
  const bool tls = lower == "https://";
  if (!tls && !lower.starts_with("http://")) return refuse("is not an https:// address");
  const Result<Endpoint> endpoint = parse_endpoint(token_uri);
  if (!endpoint) return refuse(endpoint.error().message);

  std::string_view list = settings.upstream.token_hosts;
  bool listed = false;
  while (!list.empty() && !listed) {
    const std::size_t comma = list.find(',');
    std::string_view entry = list.substr(0, comma);
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    const Result<HostPort> host = parse_host_port(entry);
    if (!host || host->host != endpoint->host) continue;
    listed = host->port == -1 ? endpoint->port == (tls ? 443 : 80) || is_loopback(endpoint->host)
                              : host->port == endpoint->port;
  }
  if (!listed) {
    return refuse("names " + quotable(endpoint->authority(), 280) +
                  ", which is not in upstream.token_hosts (" + quotable(settings.upstream.token_hosts, 280) +
                  "); a key file from Google says " + kGoogleTokenUri);
  }
  if (!tls && !is_loopback(endpoint->host)) return refuse("is http:// and not on this machine; it must be https://");
  return {};
}

namespace {

std::shared_ptr<const Credential> read_credential(std::string_view text, FileProblems& report, const std::string& name,
                                                  const Settings& settings, const MapHooks& hooks) {
  JsonNode root;
  if (const auto fault = parse_json(text, root)) {
    report.error(fault->offset, fault->path, "is not JSON: " + fault->message);
    return nullptr;
  }
  auto credential = std::make_shared<Credential>();
  credential->name = name;
  CredentialReader(root, report, settings, hooks, *credential).read();
  if (report.had_errors()) credential.reset();
  return credential;
}

}  // namespace

std::shared_ptr<const Credential> read_credential_text(std::string_view text, const std::string& file,
                                                       const std::string& name, const Settings& settings,
                                                       const MapHooks& hooks, const EnvironmentLookup& environment,
                                                       std::vector<Problem>& problems) {
  FileProblems report(file, text, environment, problems);
  return read_credential(text, report, name, settings, hooks);
}

Result<std::shared_ptr<const Credential>> read_credential_file(const std::string& path, const std::string& name,
                                                               const Settings& settings, const MapHooks& hooks,
                                                               const EnvironmentLookup& environment,
                                                               std::vector<Problem>& problems) {
  Result<FileText> file = read_whole_file(path, kMaxConfigBytes);
  if (!file) return std::move(file).error();
  const Secret content(std::move(file->text));
  FileProblems report(path, content.reveal(), environment, problems);
  if (file->others_may_read) {
    report.about_file("can be read by other users of this machine; run: chmod 600 " + path, true);
  }
  return read_credential(content.reveal(), report, name, settings, hooks);
}

}  // namespace moongate
