// What a request asks for, told from its method and target alone; and what each provider is called.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moongate {

// Who answers upstream. The names are those that policies and the map use.
enum class Provider : std::uint8_t { kVertex, kVertexClaude, kAnthropic, kGemini };
std::string_view to_string(Provider provider);                  // "vertex", "vertex-claude", …
std::optional<Provider> parse_provider(std::string_view name);  // nullopt: no such provider

// The language that the caller speaks; it decides the shape of errors. A request's path alone decides it.
enum class Dialect : std::uint8_t {
  kAnthropic,     // /v1/messages and its kin
  kVertexGemini,  // …/publishers/google/models/…
  kVertexClaude,  // …/publishers/anthropic/models/…; errors in Anthropic's shape
  kGemini,        // /v1beta/models/…
  kOpenAi,        // /v1/chat/completions and its kin, told in the language of whoever answers (core/openai)
  kPlain,         // /health, /status and what nobody knows
};
std::string_view to_string(
    Dialect dialect);  // "anthropic", "vertex", "vertex-claude", "gemini", "openai", "plain"

enum class Operation : std::uint8_t {
  kGenerate,        // messages, generateContent, rawPredict
  kStreamGenerate,  // streamGenerateContent, streamRawPredict; Anthropic's stream flag is in the body
  kCountTokens,
  kEmbed,           // embedContent, batchEmbedContents
  kPredict,         // Vertex predict (embeddings, images)
  kLongRunning,     // predictLongRunning
  kFetchOperation,  // fetchPredictOperation
  kListModels,
  kGetModel,
  kCachedContents,
  kFiles,  // files and uploads
  kBatches,
  kTelemetry,  // /api/statsig/*, /api/sentry/*, /api/event_logging/*
  kHealth,     // /health, /status
  kConversation,  // /api/chat*, /api/sessions*, /api/tools
  kOther,      // a verb that we do not know on a path that we do: relayed, metered if it has usage
  kNone,       // no such path: 404 in `dialect`
};
std::string_view to_string(Operation operation);

// The views point into the target given to parse_target and live as long as it does.
struct ApiTarget {
  Dialect dialect = Dialect::kPlain;
  Operation operation = Operation::kNone;
  bool method_allowed = true;  // false: 405, `allow` says what is allowed
  std::string_view allow;
  bool model_in_body = false;   // the model is the body's top-level "model"
  bool stream_in_body = false;  // so is the stream flag
  bool sse = false;             // ?alt=sse
  std::string_view version;     // "v1", "v1beta", "v1beta1"
  std::string_view project;     // Vertex paths with a project; empty in express mode
  std::string_view location;
  std::string_view model;  // as in the path, percent-decoding not applied; empty when in the body
  std::string_view verb;   // after ':', empty when there is none; OpenAI's: "chat", "completions", "responses", "embeddings"
  std::string_view path;   // without prefix (/api/anthropic, /claude, doubled slashes) and query
  std::string_view query;  // without '?', and as sent: it may hold ?key=, never log it
  std::string_view key;    // value of ?key=, not percent-decoded
  bool shared = false;     // a path that several dialects have (/v1/models, /v1/files): see refine_dialect
};

// Never fails: what is not known has operation kNone and the dialect whose error the caller is likeliest to
// understand. `target` is origin-form ("/path?query"); nothing is percent-decoded, and a target with a NUL,
// a control byte (plain, or encoded in the path), a space, '#' or '\\', or a "." or ".." segment (plain or
// encoded, also between encoded slashes) gives kNone, as does a location that could not be part of a host
// name. Empty segments ("//") count for nothing.
ApiTarget parse_target(std::string_view method, std::string_view target);

// Anthropic and Google both have GET /v1/models[/id] and /v1/files; parse_target takes them for Anthropic's.
// Once the header is known, this settles it: a Google key (x-goog-api-key, or ?key=, which is looked at here)
// and no anthropic-version make it Gemini's. The same two facts choose the dialect of the 404 of an unknown
// path. Targets that only one dialect has are left alone. OpenAI has /v1/models, too: a bearer token with neither
// (`only_bearer`: and no x-api-key) is how its clients ask.
void refine_dialect(ApiTarget& target, bool has_anthropic_version, bool has_google_key, bool only_bearer = false);

// A model, project or location as a path has it, percent-decoded ("claude%40x" is "claude@x"). What is no
// escape is kept as it is.
std::string decode_segment(std::string_view raw);

// The model's own name out of a resource name ("models/m", "publishers/google/models/m",
// "projects/…/models/m"), as Google's bodies write it. A name without "models/" is returned whole.
std::string_view model_of_resource(std::string_view name);

// Where a request goes, once the policy has chosen.
struct UpstreamTarget {
  Provider provider = Provider::kAnthropic;
  std::string_view project;   // the account's (Vertex); never taken from the caller
  std::string_view location;  // the account's; empty: the caller's, else us-central1
  std::string_view model;     // the upstream's name of the model, plain text; empty: as in the caller's path
  bool stream = false;        // looked at where the caller's stream flag is in the body (Anthropic)
};

// The origin-form target for the upstream: host-independent; without the query parameters that hold
// credentials (key, access_token, oauth_token, however their names are spelled), the others kept in order.
// Converts between Anthropic Messages and Claude on Vertex, and between Gemini Developer API and Vertex
// Gemini, for generate, stream and count-tokens; express-mode paths get the account's project and location.
// Query parameters that only one side knows (beta; alt) are dropped when converting: Google refuses unknown
// ones. kInvalid: the operation has no equivalent at that provider, or Vertex is asked without a project; the
// message says so to the caller.
Result<std::string> upstream_request_target(const ApiTarget& from, const UpstreamTarget& to);

// Whether `provider` can serve this request at all, converted or not.
bool can_serve(const ApiTarget& from, Provider provider);

// The default host of a provider ("api.anthropic.com"), by location for Vertex ("us-central1-aiplatform…",
// global and the multi-regions us and eu included). An empty location is us-central1. Empty when the location
// could not be part of a host name: never connect then.
std::string default_host(Provider provider, std::string_view location);

// A complete JSON error body in the dialect's shape. `message` is UTF-8 text for the caller. The Google
// shape's status string and Anthropic's type follow from `http_status`; `request_id` is in both.
struct ErrorText {
  int http_status = 500;
  std::string_view message;
  std::string_view request_id;
  // Google: error.details[].reason (ErrorInfo) when not empty, for example "API_KEY_INVALID".
  std::string_view reason;
  // 429 and 503: adds google.rpc.RetryInfo. Negative: none.
  int retry_after_seconds = -1;
};
std::string error_body(Dialect dialect, const ErrorText& error);

// The same as one event of a running SSE stream: "event: error" for Anthropic, a bare "data: {…}" for the
// others.
std::string error_event(Dialect dialect, const ErrorText& error);

// Where a JSON-array stream (Vertex and Gemini without alt=sse) stands.
enum class ArrayPosition : std::uint8_t {
  kBeforeArray,  // nothing but whitespace so far
  kFirst,        // after '['
  kAfterElement,
  kAfterComma,
  kInsideElement,  // nothing can be put here
  kAfterArray,     // it has ended
};

// The whole body for a JSON-array request that failed before its stream began: the error wrapped in an array,
// as Vertex does it.
std::string error_array_body(const ErrorText& error);

// What ends a running JSON-array stream with an error: the separator that the position needs, the error as
// the last element, and the closing bracket. Empty where nothing can be put.
std::string error_array_tail(const ErrorText& error, ArrayPosition position);

}  // namespace moongate
