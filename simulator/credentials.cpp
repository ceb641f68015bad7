#include <boost/json.hpp>

#include "simulator/call.h"
#include "simulator/vendor_errors.h"

namespace moongate::sim {
namespace {

constexpr std::string_view kVertexService = "aiplatform.googleapis.com";
constexpr std::string_view kGeminiService = "generativelanguage.googleapis.com";

std::string_view bearer_of(const Request& request) {
  const std::string_view value = request.header("authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = value[i] >= 'A' && value[i] <= 'Z' ? static_cast<char>(value[i] | 0x20) : value[i];
    if (c != kScheme[i]) return {};
  }
  return value.substr(kScheme.size());
}

// So that a test can have a key refused without a fault.
bool is_bad_key(std::string_view key) { return key.starts_with("sim-bad"); }

Reply unauthenticated(const Call& call, std::string_view reason, std::string message,
                      std::string_view service) {
  GoogleError error;
  error.code = 401;
  error.message = std::move(message);
  error.details.push_back(error_info(reason, service));
  error.in_array = call.route.verb == "streamGenerateContent" && call.request.parameter("alt") != "sse";
  return google_error(error);
}

constexpr std::string_view kExpected =
    " Expected OAuth 2 access token, login cookie or other valid authentication credential. See "
    "https://developers.google.com/identity/sign-in/web/devconsole-project.";

std::optional<Reply> refuse_google_token(const Call& call, std::string_view token, std::string_view service) {
  switch (call.world.tokens.check(token)) {
    case TokenState::kValid:
      return {};
    case TokenState::kExpired:
    case TokenState::kRevoked:
      return unauthenticated(call, "ACCESS_TOKEN_EXPIRED",
                             "Request had invalid authentication credentials." + std::string(kExpected),
                             service);
    case TokenState::kUnknown:
      break;
  }
  return unauthenticated(call, "ACCESS_TOKEN_TYPE_UNSUPPORTED",
                         "Request had invalid authentication credentials." + std::string(kExpected), service);
}

std::string_view api_key_of(const Request& request) {
  const std::string_view header = request.header("x-goog-api-key");
  return header.empty() ? request.parameter("key") : header;
}

std::optional<Reply> refuse_google_key(const Call& call, std::string_view key, std::string_view service) {
  if (!is_bad_key(key)) return {};
  GoogleError error;
  error.code = 400;
  error.message = "API key not valid. Please pass a valid API key.";
  error.details.push_back(error_info("API_KEY_INVALID", service));
  error.in_array = call.route.verb == "streamGenerateContent" && call.request.parameter("alt") != "sse";
  return google_error(error);
}

}  // namespace

std::optional<Reply> refuse_anthropic(const Call& call) {
  const auto refuse = [&](std::string_view message) {
    return anthropic_error(401, "authentication_error", message, call.world.next_id("req_"));
  };
  const std::string_view key = call.request.header("x-api-key");
  const std::string_view bearer = bearer_of(call.request);
  if (key.empty() && bearer.empty()) return refuse("x-api-key header is required");
  if (is_bad_key(key)) return refuse("invalid x-api-key");
  if (key.empty() && is_bad_key(bearer)) return refuse("Invalid bearer token");
  return {};
}

std::optional<Reply> refuse_vertex(const Call& call) {
  const std::string_view bearer = bearer_of(call.request);
  if (!bearer.empty()) return refuse_google_token(call, bearer, kVertexService);
  const std::string_view key = api_key_of(call.request);
  if (!key.empty() && call.route.project.empty()) return refuse_google_key(call, key, kVertexService);
  if (!key.empty()) {
    return unauthenticated(call, "CREDENTIALS_MISSING",
                           "API keys are not supported by this API. Expected OAuth2 access token or other "
                           "authentication credentials that assert a principal. See "
                           "https://cloud.google.com/docs/authentication",
                           kVertexService);
  }
  return unauthenticated(call, "CREDENTIALS_MISSING",
                         "Request is missing required authentication credential." + std::string(kExpected),
                         kVertexService);
}

std::optional<Reply> refuse_gemini(const Call& call) {
  const std::string_view key = api_key_of(call.request);
  if (!key.empty()) return refuse_google_key(call, key, kGeminiService);
  const std::string_view bearer = bearer_of(call.request);
  if (!bearer.empty()) return refuse_google_token(call, bearer, kGeminiService);
  GoogleError error;
  error.code = 403;
  error.message =
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key "
      "or "
      "other form of API consumer identity to call this API.";
  error.in_array = call.route.verb == "streamGenerateContent" && call.request.parameter("alt") != "sse";
  return google_error(error);
}

}  // namespace moongate::sim
