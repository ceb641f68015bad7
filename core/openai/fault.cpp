// What a provider says went wrong, in OpenAI's words.
#include <algorithm>
#include <utility>

#include "openai/answer_reader.h"
#include "openai/json_document.h"
#include "openai/members.h"
#include "openai/openai_call.h"

namespace moongate {
namespace openai {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestMessage = 4096;

int status_of_type(std::string_view type) {
  static constexpr std::pair<std::string_view, int> kTypes[] = {
      {"invalid_request_error", 400}, {"authentication_error", 401}, {"billing_error", 402},
      {"permission_error", 403},      {"not_found_error", 404},      {"request_too_large", 413},
      {"rate_limit_error", 429},      {"timeout_error", 504},        {"overloaded_error", 529}};
  for (const auto& [name, status] : kTypes) {
    if (type == name) return status;
  }
  return 500;
}

bool says(std::string_view message, std::string_view words) { return message.find(words) != std::string_view::npos; }

// OpenAI's clients act on these; others are told the provider's own word.
std::string code_of(int status, std::string_view type, std::string_view message) {
  if (status == 400 && (says(message, "prompt is too long") || says(message, "exceed context limit") ||
                        says(message, "exceeds the maximum number of tokens"))) {
    return "context_length_exceeded";
  }
  if (status == 402 || says(message, "credit balance is too low")) return "insufficient_quota";
  if (status == 429) return "rate_limit_exceeded";
  if (status == 404) return "model_not_found";
  return std::string(type.substr(0, 64));
}

}  // namespace

Fault read_fault(int status, const json::object& body) {
  Fault fault;
  const json::object* error = object_in(body, "error");
  std::string_view type;
  std::string_view message;
  if (error != nullptr) {
    message = string_in(*error, "message");
    type = string_in(*error, "type");
    if (type.empty()) type = string_in(*error, "status");
    if (status == 0) {
      const std::int64_t code = count_in(*error, "code").value_or(0);
      status = code >= 400 && code <= 599 ? static_cast<int>(code) : status_of_type(type);
    }
  }
  fault.status = status == 0 ? 500 : status;
  fault.message = message.empty() ? "The provider reported an error" : message.substr(0, kLongestMessage);
  fault.code = code_of(fault.status, type, message);
  return fault;
}

}  // namespace openai

std::string openai_error(Provider, int status, std::string_view body, std::string_view request_id) {
  // Google wraps the error of a stream in an array.
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && body[begin] == '[') {
    const std::size_t end = body.find_last_not_of(" \t\r\n");
    body = end > begin && body[end] == ']' ? body.substr(begin + 1, end - begin - 1) : std::string_view();
  }
  openai::Fault fault;
  const Result<openai::JsonDocument> document = openai::JsonDocument::parse(body);
  fault = openai::read_fault(status, document.ok() ? document.value().object() : boost::json::object());
  return error_body(Dialect::kOpenAi,
                    {.http_status = status, .message = fault.message, .request_id = request_id, .reason = fault.code});
}

}  // namespace moongate
