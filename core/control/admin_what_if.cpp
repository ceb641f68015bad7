#include "control/admin_what_if.h"

#include <boost/json/parse.hpp>

#include "control/admin_input.h"

namespace moongate {

HttpResponse ask_what_if(AdminParts& parts, const AdminCall& call) {
  if (!parts.hooks.configuration.what_if) return api_error(501, "UNIMPLEMENTED", "This process runs no policy.");
  constexpr std::size_t kLongest = 4096;
  AdminBody body(call.request, {"client", "credential", "path", "model", "provider", "address"});
  WhatIfQuestion question;
  question.client = body.text_or_empty("client", 256);
  question.credential = body.text_or_empty("credential", kLongest);
  question.path = body.text_or_empty("path", kLongest);
  question.model = body.text_or_empty("model", 256);
  question.provider = body.text_or_empty("provider", 32);
  question.address = body.text_or_empty("address", 64);
  if (question.client.empty() == question.credential.empty()) {
    body.refuse("Say either \"client\" (its name) or \"credential\" (what would be presented).");
  }
  if (question.path.empty() && question.model.empty()) body.refuse("Say \"model\", or the whole \"path\".");
  if (auto refused = body.refusal()) return std::move(*refused);
  const Result<std::string> answer = parts.hooks.configuration.what_if(question);
  if (!answer) {
    if (answer.error().kind == ErrorKind::kNotFound) return not_found(answer.error().message);
    if (answer.error().kind == ErrorKind::kInvalid) return bad_argument(answer.error().message);
    return api_error(503, "UNAVAILABLE", answer.error().message);
  }
  boost::json::error_code failed;
  boost::json::value parsed = boost::json::parse(*answer, failed);
  if (failed || !parsed.is_object()) return api_error(500, "INTERNAL", "The answer cannot be shown.");
  return json_reply(200, parsed.get_object());
}

}  // namespace moongate
