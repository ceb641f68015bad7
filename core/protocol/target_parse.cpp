// From a request's path to what it asks for. One function a family of paths; none allocates.
#include <array>

#include "protocol/api.h"
#include "protocol/query_params.h"
#include "protocol/target_check.h"

namespace moongate {
namespace {

// The non-empty segments of a path, as views into it. More than fit make `overflow`: no API has such a path.
struct Segments {
  static constexpr std::size_t kMax = 14;
  std::array<std::string_view, kMax> at;
  std::size_t count = 0;
  bool overflow = false;

  explicit Segments(std::string_view path) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (i != path.size() && path[i] != '/') continue;
      if (i != begin) {
        if (count == kMax) {
          overflow = true;
          return;
        }
        at[count++] = path.substr(begin, i - begin);
      }
      begin = i + 1;
    }
  }
};

// The segments from one on: what is left to be understood.
class Rest {
 public:
  Rest(const Segments& all, std::size_t from) : all_(&all), from_(from) {}
  std::size_t size() const { return all_->count - from_; }
  std::string_view operator[](std::size_t i) const {
    return i < size() ? all_->at[from_ + i] : std::string_view();
  }
  Rest after(std::size_t n) const { return {*all_, from_ + (n < size() ? n : size())}; }

 private:
  const Segments* all_;
  std::size_t from_;
};

// `allowed` is the value of an Allow header.
void set(ApiTarget& t, Operation operation, std::string_view method, std::string_view allowed) {
  t.operation = operation;
  t.allow = allowed;
  while (!allowed.empty()) {
    const std::size_t comma = allowed.find(',');
    if (allowed.substr(0, comma) == method) return;
    allowed = comma == std::string_view::npos ? std::string_view() : allowed.substr(comma + 2);
  }
  t.method_allowed = false;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (text == name) return true;
  }
  return false;
}

bool is_verb(std::string_view text) {
  for (const char c : text) {
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')) return false;
  }
  return !text.empty();
}

// "model:verb" into its parts; the colon may be written %3A. False: an empty model, or a verb that is no
// word.
bool split_verb(std::string_view segment, ApiTarget& t) {
  std::size_t colon = segment.rfind(':');
  std::size_t width = 1;
  if (colon == std::string_view::npos) {
    colon = segment.rfind("%3A");
    if (colon == std::string_view::npos) colon = segment.rfind("%3a");
    width = 3;
  }
  t.model = segment.substr(0, colon);
  if (colon == std::string_view::npos) return true;
  t.verb = segment.substr(colon + width);
  return !t.model.empty() && is_verb(t.verb);
}

Operation google_operation(std::string_view verb) {
  if (verb == "generateContent") return Operation::kGenerate;
  if (verb == "streamGenerateContent") return Operation::kStreamGenerate;
  if (verb == "countTokens") return Operation::kCountTokens;
  if (verb == "embedContent" || verb == "batchEmbedContents") return Operation::kEmbed;
  if (verb == "predict") return Operation::kPredict;
  if (verb == "predictLongRunning") return Operation::kLongRunning;
  if (verb == "fetchPredictOperation") return Operation::kFetchOperation;
  if (verb == "batchGenerateContent" || verb == "asyncBatchEmbedContent") return Operation::kBatches;
  return Operation::kOther;
}

void match_cached_contents(ApiTarget& t, std::string_view method, Rest r) {
  if (r.size() == 1) {
    set(t, Operation::kCachedContents, method, "GET, POST");
    t.model_in_body = method == "POST";
  } else if (r.size() == 2) {
    set(t, Operation::kCachedContents, method, "GET, PATCH, DELETE");
  }
}

// {models}[/m[:verb][/operations/id]] of Google's families; r[0] is "models".
void match_google_models(ApiTarget& t, std::string_view method, Rest r) {
  if (r.size() == 1) return set(t, Operation::kListModels, method, "GET");
  if (r.size() == 4 && r[2] == "operations" && t.dialect != Dialect::kVertexClaude) {
    t.model = r[1];
    return set(t, Operation::kFetchOperation, method, "GET");
  }
  if (r.size() != 2 || !split_verb(r[1], t)) return;
  if (t.verb.empty()) return set(t, Operation::kGetModel, method, "GET");
  if (t.dialect != Dialect::kVertexClaude) return set(t, google_operation(t.verb), method, "POST");
  if (t.verb == "rawPredict" && t.model == "count-tokens") {
    t.model = {};
    t.model_in_body = true;
    return set(t, Operation::kCountTokens, method, "POST");
  }
  const Operation operation = t.verb == "rawPredict"         ? Operation::kGenerate
                              : t.verb == "streamRawPredict" ? Operation::kStreamGenerate
                                                             : Operation::kOther;
  set(t, operation, method, "POST");
}

// publishers/{google|anthropic}/models…; r[0] is "publishers".
void match_publishers(ApiTarget& t, std::string_view method, Rest r) {
  if (r[1] == "anthropic") t.dialect = Dialect::kVertexClaude;
  if ((r[1] == "google" || r[1] == "anthropic") && r[2] == "models")
    match_google_models(t, method, r.after(2));
}

// projects/{p}/locations/{l}/…; r[0] is "projects".
void match_project(ApiTarget& t, std::string_view method, Rest r) {
  if (r[2] != "locations" || r.size() < 5) return;
  if (r[4] == "endpoints" && r[5] == "openapi") t.dialect = Dialect::kOpenAi;
  if (r[4] == "publishers" && r[5] == "anthropic") t.dialect = Dialect::kVertexClaude;
  if (!location_is_sound(r[3])) return;
  t.project = r[1];
  t.location = r[3];
  const Rest resource = r.after(4);
  if (resource[0] == "publishers") {
    match_publishers(t, method, resource);
  } else if (resource[0] == "cachedContents") {
    match_cached_contents(t, method, resource);
  } else if (resource[0] == "operations" && resource.size() == 2) {
    set(t, Operation::kFetchOperation, method, "GET");
  }
}

// messages…; r[0] is "messages".
void match_messages(ApiTarget& t, std::string_view method, Rest r) {
  t.dialect = Dialect::kAnthropic;
  if (r.size() == 1) {
    t.model_in_body = t.stream_in_body = true;
    return set(t, Operation::kGenerate, method, "POST");
  }
  if (r[1] == "count_tokens" && r.size() == 2) {
    t.model_in_body = true;
    return set(t, Operation::kCountTokens, method, "POST");
  }
  if (r[1] != "batches") return;
  if (r.size() == 2) return set(t, Operation::kBatches, method, "GET, POST");
  if (r.size() == 3) return set(t, Operation::kBatches, method, "GET, DELETE");
  if (r.size() == 4 && r[3] == "cancel") return set(t, Operation::kBatches, method, "POST");
  if (r.size() == 4 && r[3] == "results") return set(t, Operation::kBatches, method, "GET");
}

// What lies under /v1 for Anthropic, and is not /v1/messages. False: not Anthropic's.
bool match_anthropic(ApiTarget& t, std::string_view method, Rest r) {
  if (r[0] == "models" && r.size() <= 2) {
    if (r.size() == 2 && !split_verb(r[1], t)) return false;
    if (!t.verb.empty()) return false;  // POST /v1/models/m:generateContent is Gemini's
    t.dialect = Dialect::kAnthropic;
    t.shared = true;
    set(t, r.size() == 1 ? Operation::kListModels : Operation::kGetModel, method, "GET");
    return true;
  }
  if (r[0] == "files" && r.size() <= 3) {
    t.dialect = Dialect::kAnthropic;
    t.shared = true;
    if (r.size() == 1) set(t, Operation::kFiles, method, "GET, POST");
    if (r.size() == 2) set(t, Operation::kFiles, method, "GET, DELETE");
    if (r.size() == 3 && r[2] == "content") set(t, Operation::kFiles, method, "GET");
    return true;
  }
  if (r[0] == "complete") {
    t.dialect = Dialect::kAnthropic;
    return true;
  }
  return false;
}

bool is_openai_path(Rest r) {
  return is_one_of(r[0], {"chat", "completions", "responses", "embeddings", "moderations", "images", "audio",
                          "fine_tuning", "assistants", "threads", "vector_stores", "realtime", "uploads",
                          "batches", "conversations", "videos", "containers", "evals", "engines"});
}

// r follows the version. What providers behind this gateway have nothing like stays unknown.
void match_openai(ApiTarget& t, std::string_view method, Rest r) {
  t.dialect = Dialect::kOpenAi;
  if (r[0] == "models" && r.size() <= 2) {
    set(t, r.size() == 1 ? Operation::kListModels : Operation::kGetModel, method, "GET");
    t.model = r[1];
    return;
  }
  const bool chat = r[0] == "chat" && r[1] == "completions" && r.size() == 2;
  if (!chat && (r.size() != 1 || !is_one_of(r[0], {"completions", "responses", "embeddings"}))) return;
  set(t, r[0] == "embeddings" ? Operation::kEmbed : Operation::kGenerate, method, "POST");
  t.model_in_body = t.stream_in_body = true;
  t.verb = chat ? "chat" : r[0];
}

// The Gemini Developer API; r follows the version.
void match_gemini(ApiTarget& t, std::string_view method, Rest r) {
  t.dialect = Dialect::kGemini;
  if (r[0] == "models") {
    match_google_models(t, method, r);
  } else if (r[0] == "cachedContents") {
    match_cached_contents(t, method, r);
  } else if (r[0] == "files") {
    if (r.size() == 1) set(t, Operation::kFiles, method, "GET, POST");
    if (r.size() == 2) set(t, Operation::kFiles, method, "GET, DELETE");
  } else if (r[0] == "batches") {
    if (r.size() == 1) set(t, Operation::kBatches, method, "GET");
    if (r.size() == 2) set(t, Operation::kBatches, method, "GET, POST, DELETE");  // POST: {id}:cancel
  }
}

void match_versioned(ApiTarget& t, std::string_view method, Rest r) {
  if (r[0] == "projects" || r[0] == "publishers") {
    t.dialect = Dialect::kVertexGemini;
    return r[0] == "projects" ? match_project(t, method, r) : match_publishers(t, method, r);
  }
  if (t.version == "v1beta1") {
    t.dialect = Dialect::kVertexGemini;
    return;
  }
  if (t.version != "v1") {
    if (r[0] == "openai") return match_openai(t, method, r.after(1));  // where Google has that face of its own
    return match_gemini(t, method, r);
  }
  if (r[0] == "messages") return match_messages(t, method, r);
  if (match_anthropic(t, method, r)) return;
  if (is_openai_path(r)) return match_openai(t, method, r);
  if (r[0] == "models" || r[0] == "cachedContents") match_gemini(t, method, r);
}

bool is_version(std::string_view text) { return is_one_of(text, {"v1", "v1beta", "v1beta1", "v1alpha"}); }

void match(ApiTarget& t, std::string_view method, Rest r) {
  const std::string_view first = r[0];
  if (is_version(first)) {
    t.version = first;
    return match_versioned(t, method, r.after(1));
  }
  if (first == "health" || first == "status") {
    if (r.size() == 1) set(t, Operation::kHealth, method, "GET, HEAD");
  } else if (first == "api") {
    if (is_one_of(r[1], {"statsig", "sentry", "event_logging"})) t.operation = Operation::kTelemetry;
    if (is_one_of(r[1], {"chat", "sessions", "tools"})) t.operation = Operation::kConversation;
  } else if (first == "upload" || first == "download") {
    if (!is_version(r[1])) return;
    t.dialect = Dialect::kGemini;
    t.version = r[1];
    if (r[2] != "files") return;
    if (first == "upload" && r.size() == 3) set(t, Operation::kFiles, method, "POST, PUT");
    if (first == "download" && r.size() == 4) set(t, Operation::kFiles, method, "GET");
  } else if (first == "ws") {
    if (r[1].starts_with("google.ai.")) t.dialect = Dialect::kGemini;
    if (r[1].starts_with("google.cloud.")) t.dialect = Dialect::kVertexGemini;
  } else if (first == "messages") {  // a base URL that lacks its /v1: not served, but the caller is known
    t.dialect = Dialect::kAnthropic;
  } else if (first == "models") {
    t.dialect = Dialect::kGemini;
  } else if (first == "projects" || first == "publishers") {
    t.dialect = Dialect::kVertexGemini;
  } else if (is_openai_path(r)) {
    t.dialect = Dialect::kOpenAi;
  }
}

// What stands in front of an Anthropic path, as the number of segments to drop.
std::size_t anthropic_prefix(Rest r) {
  if (r[0] == "claude") return 1;
  if (r[0] == "api" && r[1] == "anthropic") return 2;
  return 0;
}

void match_relay(ApiTarget& t, std::string_view method, Rest r) {
  if (r[0] == "messages") return match_messages(t, method, r);
  if (r[0] == "completions" || r[0] == "chat" || r[0] == "models") match_openai(t, method, r);
  if (r[0] == "completions") t.verb = "any";  // a body with messages is a chat
}

void read_query(ApiTarget& t) {
  bool has_key = false;
  for_each_param(t.query, [&](std::string_view, std::string_view name, std::string_view value) {
    if (!has_key && param_name_is(name, "key")) {
      t.key = value;
      has_key = true;
    } else if (value == "sse" && (param_name_is(name, "alt") || param_name_is(name, "$alt"))) {
      t.sse = true;
    }
  });
}

}  // namespace

ApiTarget parse_target(std::string_view method, std::string_view target) {
  ApiTarget t;
  if (target.empty() || target.front() != '/') return t;
  const std::size_t question = target.find('?');
  t.path = target.substr(0, question);
  if (question != std::string_view::npos) t.query = target.substr(question + 1);

  const Segments segments(t.path);
  if (segments.count == 0) return t;
  const Rest all(segments, 0);
  const bool relay = all[0] == "api" && all[1] == "client" && all[2] == "relay";
  const std::size_t prefix = relay ? 3 : anthropic_prefix(all);
  const Rest rest = all.after(prefix);
  if (rest.size() != 0) {
    t.path.remove_prefix(static_cast<std::size_t>(rest[0].data() - t.path.data()) - 1);
  } else {
    t.path = t.path.substr(0, 1);
  }
  if (relay) {
    match_relay(t, method, rest);
  } else {
    match(t, method, rest);
  }
  if (prefix != 0 && !relay) {
    t.shared = false;  // the prefix has settled it
    if (t.dialect == Dialect::kPlain && t.operation == Operation::kNone) t.dialect = Dialect::kAnthropic;
  }

  const bool overflow = segments.overflow && t.operation != Operation::kTelemetry;
  if (overflow || t.operation == Operation::kNone || path_is_dangerous(target.substr(0, question)) ||
      query_is_dangerous(t.query)) {
    ApiTarget none;
    none.dialect = t.dialect;
    none.path = t.path;
    none.query = t.query;
    t = none;
    return t;
  }
  read_query(t);
  return t;
}

void refine_dialect(ApiTarget& target, bool has_anthropic_version, bool has_google_key, bool only_bearer) {
  const bool google = has_google_key || !target.key.empty();
  if (target.shared) {
    if (google && !has_anthropic_version) target.dialect = Dialect::kGemini;
    const bool models = target.operation == Operation::kListModels || target.operation == Operation::kGetModel;
    if (only_bearer && models && !google && !has_anthropic_version) target.dialect = Dialect::kOpenAi;
    return;
  }
  if (target.operation != Operation::kNone || target.dialect != Dialect::kPlain) return;
  if (has_anthropic_version) {
    target.dialect = Dialect::kAnthropic;
  } else if (google) {
    target.dialect = Dialect::kGemini;
  }
}

std::string decode_segment(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '%' && i + 2 < raw.size()) {
      const int high = hex_digit(raw[i + 1]);
      const int low = hex_digit(raw[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high << 4 | low);
        i += 2;
        continue;
      }
    }
    out += raw[i];
  }
  return out;
}

std::string_view model_of_resource(std::string_view name) {
  if (name.starts_with("models/")) return name.substr(7);
  const std::size_t at = name.rfind("/models/");
  return at == std::string_view::npos ? name : name.substr(at + 8);
}

}  // namespace moongate
