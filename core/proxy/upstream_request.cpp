// What the upstream is sent: which host, which target, which headers, and the body where the APIs differ.
#include "proxy/pipeline.h"

#include "protocol/body_edit.h"

namespace moongate {
namespace {

constexpr std::uint64_t kReplayRefreshable = 1u << 20;  // a refused token is replaced, and the request sent again
constexpr std::uint64_t kReplayOther = 64 * 1024;       // only a stale connection is a reason to send again
constexpr std::string_view kAnthropicVersion = "2023-06-01";

bool decodable(std::string_view coding) {
  while (!coding.empty() && (coding.front() == ' ' || coding.front() == '\t')) coding.remove_prefix(1);
  coding = coding.substr(0, coding.find_first_of("; \t"));
  for (std::string_view known : {"gzip", "deflate", "br", "zstd", "identity"}) {
    if (header_name_equal(coding, known)) return true;
  }
  return false;
}

// Drops from a list of codings what we could not read the usage out of. Empty: nothing needs dropping.
std::string readable_codings(std::string_view list, bool& changed) {
  std::string kept;
  changed = false;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view item = list.substr(0, comma);
    if (decodable(item)) {
      if (!kept.empty()) kept += ',';
      kept += item;
    } else {
      changed = true;
    }
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return kept;
}

}  // namespace

std::uint64_t Pipeline::replay_bytes() const {
  const bool refreshable = route != nullptr && route->account && !reminted_ &&
                           route->account->credential->kind == CredentialKind::kGoogleServiceAccount;
  return refreshable ? kReplayRefreshable : kReplayOther;
}

bool Pipeline::may_replay() { return body_.rewind(); }

std::string_view Pipeline::upstream_model() const {
  if (!route->model.empty()) return route->model;
  if (route->account) {
    if (const ModelRule* rule = route->account->rule_for(model); rule != nullptr && !rule->upstream_model.empty()) {
      return rule->upstream_model;
    }
  }
  return model;
}

// Claude's two faces differ in where the model and the version stand; everything else is relayed as it came.
bool Pipeline::needs_body_edit() const {
  if (!body_.exists()) return false;
  const bool claude_on_vertex = route->provider == Provider::kVertexClaude;
  if (target.model_in_body) return claude_on_vertex || upstream_model() != model;
  return target.dialect == Dialect::kVertexClaude && route->provider == Provider::kAnthropic;
}

Status Pipeline::adapt_body() {
  const std::string text = body_.text();
  const std::string wanted(upstream_model());
  const bool counts = target.operation == Operation::kCountTokens;
  const bool same_api = (route->provider == Provider::kVertexClaude) == (target.dialect == Dialect::kVertexClaude);
  const std::string quoted = json_quoted(wanted);
  const MemberChange rename[] = {{"model", MemberChange::Action::kSet, quoted}};
  Result<BodyEdits> edits = BodyEdits();
  if (same_api) {
    edits = edit_body(text, rename);
  } else if (route->provider == Provider::kVertexClaude) {
    const auto version = request->find(HeaderId::kAnthropicVersion);
    edits = claude_body_for_vertex(text, counts, wanted, vertex_version_of(version.value));
  } else {
    std::string version;
    if (const auto raw = body_.field("anthropic_version"); raw && decode_json_string(*raw, version)) {
      version_header_ = anthropic_version_of(version);
    }
    edits = claude_body_for_anthropic(text, wanted, target.operation == Operation::kStreamGenerate);
  }
  if (!edits) return edits.error();
  if (!edits->empty()) body_.replace(edits->apply(text));
  return {};
}

Status Pipeline::prepare_upstream() {
  if (!route->account) return Error(ErrorKind::kInternal, "The policy chose a route without an account.");
  const Account& account = *route->account;
  const ModelRule* rule = account.rule_for(model);
  if (!can_serve(target, route->provider)) {
    return Error(ErrorKind::kInvalid, "This operation is not available from the upstream that serves it here (" +
                                          std::string(to_string(route->provider)) + ").", ErrorSource::kClient);
  }
  std::string_view location = route->location;
  if (location.empty() && rule != nullptr) location = rule->location;
  if (location.empty()) location = target.location;
  if (location.empty()) location = route->provider == Provider::kVertexClaude ? "global" : "us-central1";

  if (rule != nullptr && rule->endpoint) {
    endpoint_ = *rule->endpoint;
  } else if (account.credential->base_url) {
    endpoint_ = *account.credential->base_url;
  } else {
    endpoint_ = Endpoint{default_host(route->provider, location), 443, true, {}};
  }
  if (endpoint_.host.empty()) {
    return Error(ErrorKind::kInvalid, "The location is not one that a host name can be made of.", ErrorSource::kClient);
  }
  // The stream flag decides Vertex's verb when the caller speaks Anthropic's API.
  if (target.stream_in_body && route->provider == Provider::kVertexClaude) {
    const auto flag = body_.field("stream");
    stream = flag && *flag == "true";
  }
  upstream_model_ = upstream_model();
  auto request_target = upstream_request_target(
      target, UpstreamTarget{route->provider, account.credential->project_id, location, upstream_model_, stream});
  if (!request_target) return request_target.error();
  if (original_body_) body_.replace(*original_body_);  // another route had it edited
  if (needs_body_edit()) {
    if (!original_body_) original_body_ = body_.text();
    if (Status edited = adapt_body(); !edited) return edited;
  }
  mark_unforwarded();
  compose_request_head(*request_target);
  return {};
}

// What must not travel on, whatever the policy says: the caller's credentials and the connection's own headers.
void Pipeline::mark_unforwarded() {
  RequestHead& head = *request;
  for (HeaderField& field : head.fields) {
    if (field.removed) continue;
    switch (field.id) {
      case HeaderId::kConnection: {
        // RFC 9110 7.6.1: what it names belongs to this hop, too.
        std::string_view list = field.value;
        while (!list.empty()) {
          const std::size_t comma = list.find(',');
          std::string_view name = list.substr(0, comma);
          while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
          while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
          if (!name.empty() && !header_name_equal(name, "close") && !header_name_equal(name, "keep-alive")) {
            head.remove(name);
          }
          if (comma == std::string_view::npos) break;
          list.remove_prefix(comma + 1);
        }
        field.removed = true;
        break;
      }
      case HeaderId::kHost:
      case HeaderId::kKeepAlive:
      case HeaderId::kProxyConnection:
      case HeaderId::kProxyAuthorization:
      case HeaderId::kTransferEncoding:
      case HeaderId::kContentLength:
      case HeaderId::kTe:
      case HeaderId::kTrailer:
      case HeaderId::kUpgrade:
      case HeaderId::kHttp2Settings:
      case HeaderId::kExpect:
      case HeaderId::kAuthorization:
      case HeaderId::kXApiKey:
      case HeaderId::kXGoogApiKey:
      case HeaderId::kXAuthToken:
      case HeaderId::kXGoogUserProject: field.removed = true; break;
      case HeaderId::kAcceptEncoding: {
        if (phases_->defines(Phase::kEvent)) {  // events are read, so they must come in clear
          field.removed = true;
          break;
        }
        bool changed = false;
        const std::string kept = readable_codings(field.value, changed);
        if (changed) {
          field.removed = true;
          if (!kept.empty()) head.added.emplace_back("Accept-Encoding", kept);
        }
        break;
      }
      case HeaderId::kAnthropicVersion:
        if (route->provider != Provider::kAnthropic) field.removed = true;
        break;
      default: break;
    }
  }
  if (route->provider == Provider::kAnthropic && !head.find(HeaderId::kAnthropicVersion) &&
      !head.find("anthropic-version")) {
    const bool usable = !version_header_.empty() && head.set("anthropic-version", version_header_).ok();
    if (!usable) head.added.emplace_back("anthropic-version", kAnthropicVersion);
  }
}

void Pipeline::compose_request_head(const std::string& request_target) {
  const RequestHead& head = *request;
  head_text_.clear();
  head_text_.reserve(head.size + 256);
  head_text_ += head.method;
  head_text_ += ' ';
  head_text_ += endpoint_.base_path;
  head_text_ += request_target;
  head_text_ += " HTTP/1.1\r\nHost: ";
  head_text_ += endpoint_.authority();
  head_text_ += "\r\n";
  append_fields(head, head_text_);
  if (!credential.header.empty()) {
    head_text_ += credential.header;
    head_text_ += ": ";
    head_text_ += credential.value.reveal();
    head_text_ += "\r\n";
  }
  const auto length = body_.length();
  chunked_upload_ = body_.exists() && !length;
  if (chunked_upload_) {
    head_text_ += "Transfer-Encoding: chunked\r\n";
  } else if (body_.exists() || head.method == "POST" || head.method == "PUT" || head.method == "PATCH") {
    head_text_ += "Content-Length: ";
    head_text_ += std::to_string(length.value_or(0));
    head_text_ += "\r\n";
  }
  head_text_ += "\r\n";
}

}  // namespace moongate
