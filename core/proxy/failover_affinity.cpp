// Conversations stay with the account that holds their prompt cache, resources with the one that made them.
#include "crypto/hash.h"
#include "protocol/conversation.h"
#include "proxy/pipeline.h"

namespace moongate {
namespace {

constexpr std::uint64_t kLookedThrough = 4u << 20;  // of a body that is not there yet
constexpr std::int64_t kConversationMs = 5 * 60'000;
constexpr std::int64_t kLongConversationMs = 60 * 60'000;
constexpr std::int64_t kResourceMs = 48LL * 3600 * 1000;
constexpr std::int64_t kCachedContentMs = 24LL * 3600 * 1000;
constexpr std::size_t kNameBytes = 2048;

// The caller's own word for its conversation.
constexpr std::string_view kSessionHeaders[] = {"x-moongate-session", "x-session-id", "x-claude-code-session-id", "session-id"};

std::string label_of(const Route& route) {
  std::string label(to_string(route.provider));
  label += ':';
  return label += route.account->name;
}

// What lies in caches: nothing of the caller's text, and another client's key for the same name is another key.
std::string key_of(std::string_view kind, std::string_view client, std::string_view about, std::string_view what) {
  std::string text(kind);
  for (const std::string_view part : {client, about, what}) {
    text += '\n';
    text += std::to_string(part.size());
    text += ':';
    text += part;
  }
  std::string key(kind);
  key += ':';
  return key += sha256_hex(text).substr(0, 32);
}

Task<void> tell(Worker& worker, std::string key, std::string label, std::int64_t ttl_ms) {
  [[maybe_unused]] Status told = co_await worker.cache->set(key, label, ttl_ms);  // at best
}

bool makes_resources(const ApiTarget& target, std::string_view method) {
  if (target.operation == Operation::kLongRunning) return true;
  const bool kind = target.operation == Operation::kFiles || target.operation == Operation::kCachedContents ||
                    target.operation == Operation::kBatches;
  return kind && (method == "POST" || method == "PUT");
}

bool may_refer(Operation operation) {
  return operation == Operation::kGenerate || operation == Operation::kStreamGenerate || operation == Operation::kCountTokens ||
         operation == Operation::kFetchOperation || operation == Operation::kBatches;
}

}  // namespace

// The account that a key leads to: known here, or told by another gateway.
Task<std::string> Pipeline::find_owner(AffinityTable& table, std::string key, std::int64_t ttl_ms) {
  std::string label = table.find(key);
  if (!label.empty() || !worker_.cache_is_shared) co_return label;
  auto found = co_await worker_.cache->get(key);
  if (!found || !*found || (*found)->empty() || (*found)->size() > 512) co_return label;
  label = **found;
  table.put(key, label, ttl_ms);
  co_return label;
}

void Pipeline::keep_owner(AffinityTable& table, const std::string& key, std::int64_t ttl_ms) {
  if (!route->account) return;
  std::string label = label_of(*route);
  if (table.put(key, label, ttl_ms) && worker_.cache_is_shared) worker_.run_aside(tell(worker_, key, std::move(label), ttl_ms));
}

std::size_t Pipeline::route_of(std::string_view label) const {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (routes[i].account && label_of(routes[i]) == label) return i;
  }
  return routes.size();
}

// Only where there is a choice is anything looked at; the body is read to its end only where it can tell something.
Task<Status> Pipeline::place_request() {
  UpstreamState* state = worker_.gateway.upstreams;
  if (state == nullptr || routes.size() < 2) co_return Status();
  const std::string_view client = identity ? std::string_view(identity->client) : std::string_view();

  std::string resource = resource_of_target(target);
  std::string session;
  const bool converses = settings_.upstream.affinity && (target.operation == Operation::kGenerate ||
                                                         target.operation == Operation::kStreamGenerate);
  if (converses) {
    for (const std::string_view name : kSessionHeaders) {
      if (const auto header = request->find(name); header && !header.value.empty()) {
        session = header.value;
        break;
      }
    }
  }
  ConversationMarks marks;
  const bool claude = target.dialect == Dialect::kAnthropic || target.dialect == Dialect::kVertexClaude;
  if (resource.empty() && body_.exists() && may_refer(target.operation)) {
    if (const auto length = body_.length(); length && *length <= kLookedThrough) {
      if (Status read = co_await body_.read_all(); !read) co_return read;
    }
    const std::string text = body_.text();
    resource = resource_in_body(target.operation, text);
    if (converses && claude) marks = read_conversation(text);
  }

  if (!resource.empty()) {
    const std::string key = key_of("owner", client, {}, resource);
    const std::int64_t ttl = resource.starts_with("cachedContents") ? kCachedContentMs : kResourceMs;
    const std::string owner = co_await find_owner(state->owners, key, ttl);
    if (const std::size_t at = route_of(owner); at < routes.size()) {
      // Nobody else knows that resource.
      Route only = std::move(routes[at]);
      routes.clear();
      routes.push_back(std::move(only));
      route = routes.data();
      keep_owner(state->owners, key, ttl);
      explain("owner", owner);
      note(RequestNote::Kind::kAffinity, 3, 0, 0);
      co_return Status();
    }
  }
  if (!converses) co_return Status();
  std::string what;
  if (!session.empty()) what = "s" + session;
  else if (!marks.user.empty()) what = "u" + marks.user;
  else if (marks.cached) what = "p" + std::to_string(marks.prefix);
  if (what.empty()) co_return Status();
  affinity_key_ = key_of("affinity", client, model, what);
  affinity_ms_ = marks.one_hour ? kLongConversationMs : kConversationMs;
  const std::string owner = co_await find_owner(state->conversations, affinity_key_, affinity_ms_);
  const std::size_t at = route_of(owner);
  if (at == routes.size()) {
    explain("affinity", "none");
    note(RequestNote::Kind::kAffinity, 0);
  } else if (health_of(routes[at]).fitness != Fitness::kFit) {
    explain("affinity", owner + " unfit");
    note(RequestNote::Kind::kAffinity, 2);
  } else {
    if (at > 0 && worker_.turn_unused && identity && routes[0].account) {
      worker_.turn_unused(routes[0].provider, model, *identity, *routes[0].account);
    }
    std::rotate(routes.begin(), routes.begin() + static_cast<std::ptrdiff_t>(at), routes.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    explain("affinity", owner);
    note(RequestNote::Kind::kAffinity, 1, 0, 0);
  }
  co_return Status();
}

// The answer's head is there, and good.
void Pipeline::note_owner() {
  UpstreamState* state = worker_.gateway.upstreams;
  if (state == nullptr || !upstream_) return;
  if (!affinity_key_.empty()) keep_owner(state->conversations, affinity_key_, affinity_ms_);
  if (!makes_resources(target, method_)) return;
  if (const auto url = response->find("x-goog-upload-url")) {
    if (const std::string upload = resource_of_upload_url(url.value); !upload.empty()) {
      keep_owner(state->owners, key_of("owner", identity ? identity->client : std::string(), {}, upload), kResourceMs);
    }
  }
  if (form_ == BodyForm::kJson && !encoded_) {
    names_ = std::make_unique<JsonScanner>(std::initializer_list<std::string_view>{"name", "id", "file"}, kNameBytes);
  }
}

// The answer's bytes on their way, until the name of what was made is known.
void Pipeline::look_for_name(std::string_view piece) {
  if (names_->feed(piece) == JsonScanner::State::kMore) return;
  const std::unique_ptr<JsonScanner> names = std::move(names_);
  std::string text;
  std::string resource;
  for (const std::size_t key : {0u, 1u}) {
    if (resource.empty() && names->seen(key) && decode_json_string(names->capture(key).raw, text)) resource = resource_of_name(text);
  }
  if (resource.empty() && names->seen(2) && !names->capture(2).truncated) {
    JsonScanner file({"name"}, kNameBytes);
    file.feed(names->capture(2).raw);
    if (file.seen(0) && decode_json_string(file.capture(0).raw, text)) resource = resource_of_name(text);
  }
  if (resource.empty()) return;
  keep_owner(worker_.gateway.upstreams->owners, key_of("owner", identity ? identity->client : std::string(), {}, resource),
             resource.starts_with("cachedContents") ? kCachedContentMs : kResourceMs);
}

bool Pipeline::answer_must_be_plain() const { return openai_ != nullptr || makes_resources(target, method_); }

}  // namespace moongate
