#include "simulator/google_models.h"

#include <boost/json.hpp>
#include <cmath>

#include "crypto/hash.h"
#include "crypto/json_object.h"
#include "simulator/answer.h"
#include "simulator/gemini_content.h"
#include "simulator/json_members.h"
#include "simulator/json_text.h"
#include "simulator/vendor_errors.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostBody = 128u << 20;
constexpr std::size_t kMostDepth = 256;

bool as_array(const Call& call) {
  return call.route.verb == "streamGenerateContent" && call.request.parameter("alt") != "sse";
}

std::string_view status_message(int status) {
  switch (status) {
    case 403:
      return "Permission denied on resource project.";
    case 429:
      return "Resource exhausted. Please try again later.";
    case 500:
      return "An internal error has occurred.";
    case 503:
      return "The model is overloaded. Please try again later.";
    default:
      return "Simulated error";
  }
}

std::string text_of_content(const json::value* content) {
  json::object body;
  if (content != nullptr) body["contents"] = *content;
  return read_gemini(body).last_user_text;
}

json::object error_piece(const Faults& faults) {
  return {{"error",
           {{"code", 503},
            {"message", status_message(503)},
            {"status", faults.error.empty() ? std::string("UNAVAILABLE") : faults.error}}}};
}

}  // namespace

Reply google_reply(const json::value& body) {
  Reply reply;
  // The rest is what the real head also holds.
  reply.headers = {{"content-type", "application/json; charset=UTF-8"},
                   {"vary", "Origin, X-Origin, Referer"},
                   {"server", "scaffolding on HTTPServer2"},
                   {"x-xss-protection", "0"},
                   {"x-frame-options", "SAMEORIGIN"},
                   {"x-content-type-options", "nosniff"}};
  reply.body = to_text(body, JsonStyle::kPretty) + "\n";
  return reply;
}

Reply google_refusal(const Call& call, int code, std::string message) {
  GoogleError error;
  error.code = code;
  error.message = std::move(message);
  error.in_array = as_array(call);
  return google_error(error);
}

Reply google_fault(const Call& call, const Faults& faults, int status) {
  GoogleError error;
  error.code = status;
  error.reason = faults.error;
  error.message = std::string(status_message(status));
  error.in_array = as_array(call);
  if (status == 429 && !faults.retry_after.empty()) {
    error.details.push_back(
        {{"@type", "type.googleapis.com/google.rpc.RetryInfo"}, {"retryDelay", faults.retry_after + "s"}});
  }
  Reply reply = google_error(error);
  add_retry_headers(faults, reply);
  return reply;
}

bool begin_google(Call& call, json::object& body, Reply& refusal) {
  auto parsed = parse_json_object(call.request.body, kMostBody, kMostDepth);
  if (!parsed) {
    refusal = google_refusal(call, 400, "Invalid JSON payload received. " + parsed.error().message);
    return false;
  }
  body = std::move(*parsed);
  if (const Status good = call.gather_faults(read_gemini(body).last_user_text); !good) {
    refusal = google_refusal(call, 400, good.error().message);
    return false;
  }
  if (call.faults.status >= 300) {
    refusal = google_fault(call, call.faults, call.faults.status);
    return false;
  }
  if (call.route.model.starts_with("no-such-")) {
    refusal = google_refusal(call, 404,
                             "models/" + call.route.model +
                                 " is not found for API version v1beta, or is "
                                 "not supported for " +
                                 call.route.verb + ".");
    return false;
  }
  return true;
}

Reply generate_content(Call& call) {
  json::object body;
  Reply refusal;
  if (!begin_google(call, body, refusal)) return refusal;
  const auto* contents = body.if_contains("contents");
  if (contents == nullptr || (contents->is_array() && contents->get_array().empty())) {
    return google_refusal(call, 400, "* GenerateContentRequest.contents: contents is not specified");
  }
  const Conversation conversation = read_gemini(body);
  const Faults& faults = call.faults;
  const bool vertex = call.route.face == Face::kVertex;
  ContentIdentity identity{call.world.next_id("r"), call.route.model, vertex};
  Answer answer = compose(conversation, faults, call.request);
  Reply reply;
  if (call.route.verb == "generateContent") {
    if (too_large_for_plain(faults)) {
      return google_refusal(call, 400, "The simulator makes answers of that size as a stream only");
    }
    reply = google_reply(gemini_content(answer, conversation, identity));
  } else {
    const bool sse = !as_array(call);
    reply = google_reply(json::object());
    reply.body.clear();
    if (sse) reply.headers.front().second = "text/event-stream";
    reply.form = sse ? StreamForm::kGoogleSse : StreamForm::kGoogleArray;
    reply.events = gemini_events(std::move(answer), conversation, std::move(identity), reply.form);
    reply.error_event = {EventKind::kContent,
                         {},
                         to_text(error_piece(faults), sse ? JsonStyle::kGoogleLine : JsonStyle::kPretty)};
  }
  if (faults.status != 0) reply.status = faults.status;
  return reply;
}

Reply count_tokens(Call& call) {
  json::object body;
  Reply refusal;
  if (!begin_google(call, body, refusal)) return refusal;
  // The Developer API also takes a whole generate request.
  const auto* whole = find_object(body, "generateContentRequest");
  const Conversation conversation = read_gemini(whole != nullptr ? *whole : body);
  json::object answer{{"totalTokens", conversation.prompt_tokens()}};
  if (call.route.face == Face::kVertex) answer["totalBillableCharacters"] = conversation.characters;
  answer["promptTokensDetails"] = modality_counts(conversation);
  return google_reply(answer);
}

json::array embedding_of(std::string_view text, std::int64_t dimensions) {
  std::string bytes;
  for (std::int64_t block = 0; static_cast<std::int64_t>(bytes.size()) < dimensions; ++block) {
    bytes += sha256(std::to_string(block) + ":" + std::string(text));
  }
  double squares = 0;
  for (std::int64_t i = 0; i < dimensions; ++i) {
    const double x = static_cast<signed char>(bytes[static_cast<std::size_t>(i)]) + 0.5;
    squares += x * x;
  }
  json::array values;
  for (std::int64_t i = 0; i < dimensions; ++i) {
    const double x = static_cast<signed char>(bytes[static_cast<std::size_t>(i)]) + 0.5;
    values.push_back(x / std::sqrt(squares));
  }
  return values;
}

Reply embed_content(Call& call, bool batch) {
  json::object body;
  Reply refusal;
  if (!begin_google(call, body, refusal)) return refusal;
  const auto one = [&](const json::object& request) {
    const std::int64_t asked = find_integer(request, "outputDimensionality");
    const std::string text = text_of_content(request.if_contains("content"));
    return json::object{
        {"values", embedding_of(text, asked > 0 ? std::min(asked, kMostDimensions) : kEmbeddingDimensions)}};
  };
  if (!batch) {
    if (find_object(body, "content") == nullptr) {
      return google_refusal(call, 400, "* EmbedContentRequest.content: contents is not specified");
    }
    json::object answer{{"embedding", one(body)}};
    if (call.route.face == Face::kVertex) {
      const std::int64_t words = count_words(text_of_content(body.if_contains("content")));
      answer["usageMetadata"] = {{"promptTokenCount", words}, {"totalTokenCount", words}};
      answer["truncated"] = false;
    }
    return google_reply(answer);
  }
  const auto* requests = find_array(body, "requests");
  if (requests == nullptr || requests->empty()) {
    return google_refusal(call, 400, "* BatchEmbedContentsRequest.requests: requests is not specified");
  }
  json::array embeddings;
  for (const auto& each : *requests) {
    if (const auto* request = each.if_object()) embeddings.push_back(one(*request));
  }
  return google_reply(json::object{{"embeddings", std::move(embeddings)}});
}

}  // namespace moongate::sim
