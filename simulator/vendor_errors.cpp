#include "simulator/vendor_errors.h"

#include <boost/json.hpp>

#include "simulator/json_text.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

std::string_view anthropic_type(int status) {
  switch (status) {
    case 400:
      return "invalid_request_error";
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 529:
      return "overloaded_error";
    default:
      return status < 500 ? "invalid_request_error" : "api_error";
  }
}

std::string_view google_reason(int status) {
  switch (status) {
    case 400:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 409:
      return "ABORTED";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 499:
      return "CANCELLED";
    case 500:
      return "INTERNAL";
    case 501:
      return "UNIMPLEMENTED";
    case 503:
      return "UNAVAILABLE";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return status < 500 ? "FAILED_PRECONDITION" : "UNKNOWN";
  }
}

}  // namespace

Reply anthropic_error(int status, std::string_view type, std::string_view message,
                      const std::string& request_id) {
  Reply reply;
  reply.status = status;
  reply.headers = {{"content-type", "application/json"}, {"request-id", request_id}};
  if (type.empty()) type = anthropic_type(status);
  reply.body = to_text(
      json::object{
          {"type", "error"}, {"error", {{"type", type}, {"message", message}}}, {"request_id", request_id}},
      JsonStyle::kCompact);
  return reply;
}

Reply google_error(const GoogleError& error) {
  Reply reply;
  reply.status = error.code;
  reply.headers = {{"content-type", "application/json; charset=UTF-8"},
                   {"vary", "Origin, X-Origin, Referer"}};
  json::object inner{{"code", error.code},
                     {"message", error.message},
                     {"status", error.reason.empty() ? google_reason(error.code) : error.reason}};
  if (!error.details.empty()) inner["details"] = error.details;
  json::value whole = json::object{{"error", std::move(inner)}};
  if (error.in_array) {
    json::array wrapped;
    wrapped.push_back(std::move(whole));
    whole = std::move(wrapped);
  }
  reply.body = to_text(whole, JsonStyle::kPretty) + "\n";
  if (error.code == 401) {
    reply.headers.emplace_back("www-authenticate",
                               "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"");
  }
  return reply;
}

json::object error_info(std::string_view reason, std::string_view service) {
  return {{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
          {"reason", reason},
          {"domain", "googleapis.com"},
          {"metadata", {{"service", service}}}};
}

Reply oauth_error(int status, std::string_view error, std::string_view description) {
  Reply reply;
  reply.status = status;
  reply.headers = {{"content-type", "application/json; charset=utf-8"},
                   {"cache-control", "no-cache, no-store"}};
  reply.body =
      to_text(json::object{{"error", error}, {"error_description", description}}, JsonStyle::kPretty) + "\n";
  return reply;
}

void add_retry_headers(const Faults& faults, Reply& reply) {
  if (!faults.retry_after.empty()) reply.headers.emplace_back("retry-after", faults.retry_after);
  if (!faults.retry_after_ms.empty()) reply.headers.emplace_back("retry-after-ms", faults.retry_after_ms);
  if (!faults.should_retry.empty()) reply.headers.emplace_back("x-should-retry", faults.should_retry);
}

}  // namespace moongate::sim
