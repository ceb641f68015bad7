// Errors of our own in the shape that the caller's client understands.
#include "base/log.h"
#include "protocol/api.h"

namespace moongate {
namespace {

std::string_view anthropic_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 408:
    case 504:
      return "timeout_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

// google.rpc.Code by HTTP status, as google/rpc/code.proto pairs them; other statuses by their class.
std::string_view google_status(int status) {
  switch (status) {
    case 400:
    case 413:
    case 422:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 408:
    case 504:
      return "DEADLINE_EXCEEDED";
    case 409:
      return "ABORTED";
    case 416:
      return "OUT_OF_RANGE";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 499:
      return "CANCELLED";
    case 405:
    case 501:
      return "UNIMPLEMENTED";
    case 502:
    case 503:
    case 529:
      return "UNAVAILABLE";
    default:
      return status >= 500 ? "INTERNAL" : "FAILED_PRECONDITION";
  }
}

std::string_view openai_type(int status) {
  if (status == 429) return "rate_limit_error";
  if (status == 403) return "permission_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

std::string_view openai_code(int status) {
  switch (status) {
    case 401:
      return "invalid_api_key";
    case 404:
      return "unknown_url";
    case 429:
      return "rate_limit_exceeded";
    default:
      return {};
  }
}

void quote(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

void member(std::string& out, std::string_view name, std::string_view text) {
  quote(out, name);
  out += ':';
  quote(out, text);
}

std::string anthropic_body(const ErrorText& error) {
  std::string out = "{\"type\":\"error\",\"error\":{";
  member(out, "type", anthropic_type(error.http_status));
  out += ',';
  member(out, "message", error.message);
  out += '}';
  if (!error.request_id.empty()) {
    out += ',';
    member(out, "request_id", error.request_id);
  }
  return out += '}';
}

void begin_detail(std::string& out, std::string_view type) {
  out += out.back() == '[' ? "{" : ",{";
  std::string name = "type.googleapis.com/google.rpc.";
  name += type;
  member(out, "@type", name);
  out += ',';
}

std::string google_body(const ErrorText& error) {
  std::string out = "{\"error\":{\"code\":" + std::to_string(error.http_status) + ',';
  member(out, "message", error.message);
  out += ',';
  member(out, "status", google_status(error.http_status));
  const bool retry = error.retry_after_seconds >= 0 && (error.http_status == 429 || error.http_status == 503);
  if (!error.reason.empty() || retry || !error.request_id.empty()) {
    out += ",\"details\":[";
    if (!error.reason.empty()) {
      begin_detail(out, "ErrorInfo");
      member(out, "reason", error.reason);
      out += ",\"domain\":\"googleapis.com\"}";
    }
    if (retry) {
      begin_detail(out, "RetryInfo");
      member(out, "retryDelay", std::to_string(error.retry_after_seconds) + 's');
      out += '}';
    }
    if (!error.request_id.empty()) {
      begin_detail(out, "RequestInfo");
      member(out, "requestId", error.request_id);
      out += '}';
    }
    out += ']';
  }
  return out += "}}";
}

std::string openai_body(const ErrorText& error) {
  std::string out = "{\"error\":{";
  member(out, "message", error.message);
  out += ',';
  member(out, "type", openai_type(error.http_status));
  out += ",\"param\":null,\"code\":";
  // Reasons in capitals are Google's words.
  const bool own_word = !error.reason.empty() && error.reason[0] >= 'a' && error.reason[0] <= 'z';
  const std::string_view code = own_word ? error.reason : openai_code(error.http_status);
  if (code.empty()) {
    out += "null";
  } else {
    quote(out, code);
  }
  if (!error.request_id.empty()) {
    out += ',';
    member(out, "request_id", error.request_id);
  }
  return out += "}}";
}

std::string plain_body(const ErrorText& error) {
  std::string out = "{\"error\":{\"code\":" + std::to_string(error.http_status) + ',';
  member(out, "message", error.message);
  if (!error.request_id.empty()) {
    out += ',';
    member(out, "request_id", error.request_id);
  }
  return out += "}}";
}

}  // namespace

std::string error_body(Dialect dialect, const ErrorText& error) {
  switch (dialect) {
    case Dialect::kAnthropic:
    case Dialect::kVertexClaude:
      return anthropic_body(error);
    case Dialect::kVertexGemini:
    case Dialect::kGemini:
      return google_body(error);
    case Dialect::kOpenAi:
      return openai_body(error);
    case Dialect::kPlain:
      break;
  }
  return plain_body(error);
}

std::string error_event(Dialect dialect, const ErrorText& error) {
  const bool claude = dialect == Dialect::kAnthropic || dialect == Dialect::kVertexClaude;
  std::string out = claude ? "event: error\ndata: " : "data: ";
  out += error_body(dialect, error);
  return out += "\n\n";
}

std::string error_array_body(const ErrorText& error) { return '[' + google_body(error) + ']'; }

std::string error_array_tail(const ErrorText& error, ArrayPosition position) {
  switch (position) {
    case ArrayPosition::kBeforeArray:
      return error_array_body(error);
    case ArrayPosition::kFirst:
    case ArrayPosition::kAfterComma:
      return google_body(error) + ']';
    case ArrayPosition::kAfterElement:
      return ',' + google_body(error) + ']';
    case ArrayPosition::kInsideElement:
    case ArrayPosition::kAfterArray:
      break;
  }
  return {};
}

}  // namespace moongate
