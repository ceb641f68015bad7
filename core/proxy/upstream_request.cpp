// What the upstream is sent: which host, which target, which headers, and the body where the APIs differ.
#include <algorithm>

#include "protocol/beta_filter.h"
#include "protocol/body_edit.h"
#include "proxy/pipeline.h"

namespace moongate {
namespace {

constexpr std::uint64_t kReplay = 4u << 20;  // held until the answer's head, for the case that it must be sent again
constexpr std::string_view kAnthropicVersion = "2023-06-01";
constexpr std::string_view kOwnHeaders = "x-moongate-";

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

std::uint64_t Pipeline::replay_bytes() const { return kReplay; }

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
  if (!body_.exists() || openai_) return false;
  const bool claude_on_vertex = route->provider == Provider::kVertexClaude;
  if (target.operation == Operation::kCachedContents) return target.model_in_body;  // a whole resource name
  if (target.model_in_body) return claude_on_vertex || upstream_model() != model;
  return target.dialect == Dialect::kVertexClaude && route->provider == Provider::kAnthropic;
}

Status Pipeline::adapt_body() {
  const std::string text = body_.text();
  std::string wanted(upstream_model());
  if (target.operation == Operation::kCachedContents) {
    wanted = "models/" + wanted;
    if (route->provider == Provider::kVertex) {
      wanted = "projects/" + route->account->credential->project_id + "/locations/" + std::string(location_of(*route)) +
               "/publishers/google/" + wanted;
    }
  }
  const bool counts = target.operation == Operation::kCountTokens;
  const bool same_api = (route->provider == Provider::kVertexClaude) == (target.dialect == Dialect::kVertexClaude);
  const std::string quoted = json_quoted(wanted);
  const MemberChange rename[] = {{"model", MemberChange::Action::kSet, quoted}};
  Result<BodyEdits> edits = BodyEdits();
  if (same_api) {
    edits = edit_body(text, rename);
  } else if (route->provider == Provider::kVertexClaude) {
    const auto version = request->find(HeaderId::kAnthropicVersion);
    edits = claude_body_for_vertex(text, counts, wanted, vertex_version_of(version ? version.value : std::string_view(version_header_)));
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

std::string_view Pipeline::location_of(const Route& each) const {
  if (!each.location.empty()) return each.location;
  const ModelRule* rule = each.account->rule_for(model);
  if (rule != nullptr && !rule->location.empty()) return rule->location;
  if (!target.location.empty()) return target.location;
  return each.provider == Provider::kVertexClaude ? "global" : "us-central1";
}

Endpoint Pipeline::endpoint_of(const Route& each, std::string_view location) const {
  const ModelRule* rule = each.account->rule_for(model);
  if (rule != nullptr && rule->endpoint) return *rule->endpoint;
  if (each.account->credential->base_url) return *each.account->credential->base_url;
  return Endpoint{default_host(each.provider, location), 443, true, {}};
}

Status Pipeline::prepare_upstream() {
  if (!route->account) return Error(ErrorKind::kInternal, "The policy chose a route without an account.");
  const Account& account = *route->account;
  if (!can_serve(target, route->provider)) {
    return Error(ErrorKind::kInvalid, "This operation is not available from the upstream that serves it here (" +
                                          std::string(to_string(route->provider)) + ").", ErrorSource::kClient);
  }
  const std::string_view location = location_of(*route);
  location_ = account.credential->kind == CredentialKind::kGoogleServiceAccount ? std::string(location) : std::string();
  endpoint_ = endpoint_of(*route, location);
  if (endpoint_.host.empty()) {
    return Error(ErrorKind::kInvalid, "The location is not one that a host name can be made of.", ErrorSource::kClient);
  }
  // The stream flag decides Vertex's verb when the caller speaks Anthropic's API.
  if (openai_) {
    stream = openai_->stream();
  } else if (target.stream_in_body && route->provider == Provider::kVertexClaude) {
    const auto flag = body_.field("stream");
    stream = flag && *flag == "true";
  }
  upstream_model_ = upstream_model();
  if (openai_) {
    if (Status translated = translate_request(); !translated) return translated;
  }
  auto request_target = upstream_request_target(
      sent_target(), UpstreamTarget{route->provider, account.credential->project_id, location, upstream_model_, stream});
  if (!request_target) return request_target.error();
  if (original_body_ && !openai_) body_.replace(*original_body_);  // another route had it edited
  if (needs_body_edit()) {
    if (!original_body_) original_body_ = body_.text();
    if (Status edited = adapt_body(); !edited) return edited;
  }
  mark_unforwarded();
  take_betas();
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
        if (phases_->defines(Phase::kEvent) || answer_must_be_plain()) {  // what is read must come in clear
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
        if (route->provider == Provider::kAnthropic) break;
        if (version_header_.empty()) version_header_ = field.value;  // the next route may be Anthropic's
        field.removed = true;
        break;
      case HeaderId::kOther:
        if (field.name.size() > kOwnHeaders.size() && header_name_equal(field.name.substr(0, kOwnHeaders.size()), kOwnHeaders)) {
          field.removed = true;  // said to this gateway
        }
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

// Only where values must be kept from an upstream: elsewhere the header travels as it came.
void Pipeline::take_betas() {
  const bool listed = route->provider == Provider::kVertexClaude && !settings_.upstream.vertex_betas.empty();
  const UpstreamState* state = worker_.gateway.upstreams;
  if (!betas_taken_ && !listed && (state == nullptr || state->betas.none())) return;
  betas_taken_ = true;
  RequestHead& head = *request;
  while (const auto field = head.find("anthropic-beta")) {  // it may be repeated; a policy may have set it
    if (!betas_.empty()) betas_ += ',';
    betas_ += field.value;
    const auto at = std::find_if(head.fields.begin(), head.fields.end(),
                                 [&](const HeaderField& each) { return !each.removed && each.value.data() == field.value.data(); });
    if (at == head.fields.end()) {
      head.remove("anthropic-beta");
      break;
    }
    at->removed = true;
  }
}

std::string Pipeline::betas_to_send() const {
  std::string list = betas_;
  if (route->provider == Provider::kVertexClaude && !settings_.upstream.vertex_betas.empty()) {
    std::vector<std::string> allowed;
    std::string_view rest = settings_.upstream.vertex_betas;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      std::string_view item = rest.substr(0, comma);
      while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
      while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
      if (!item.empty()) allowed.emplace_back(item);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    list = filter_betas(list, allowed);
  }
  const UpstreamState* state = worker_.gateway.upstreams;
  return state == nullptr ? list : state->betas.without(route->account->name, model, list);
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
  if (betas_taken_) {
    if (const std::string betas = betas_to_send(); !betas.empty()) head_text_ += "anthropic-beta: " + betas + "\r\n";
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
