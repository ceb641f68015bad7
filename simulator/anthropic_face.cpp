// api.anthropic.com, and the same API as a publisher model of Vertex.
#include <boost/json.hpp>

#include "base/log.h"
#include "crypto/json_object.h"
#include "simulator/anthropic_messages.h"
#include "simulator/call.h"
#include "simulator/json_members.h"
#include "simulator/json_text.h"
#include "simulator/vendor_errors.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostBody = 32u << 20;  // the vendor's own bound
constexpr std::size_t kMostDepth = 256;

struct Model {
  const char* id;
  const char* name;
  const char* created;
};
constexpr Model kModels[] = {
    {"claude-opus-4-6", "Claude Opus 4.6", "2026-02-04T00:00:00Z"},
    {"claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "2025-09-29T00:00:00Z"},
    {"claude-haiku-4-5-20251001", "Claude Haiku 4.5", "2025-10-15T00:00:00Z"},
};

// The two spellings of the same API differ in ids and in what else the head says.
struct Flavour {
  bool vertex = false;
  std::string request_id;
};

Reply error(const Flavour& flavour, int status, std::string_view message, std::string_view type = {}) {
  return anthropic_error(status, type, message, flavour.request_id);
}

std::string_view status_message(int status) {
  switch (status) {
    case 401:
      return "invalid x-api-key";
    case 403:
      return "Your API key does not have permission to use the specified resource.";
    case 413:
      return "Request exceeds the maximum size";
    case 429:
      return "This request would exceed your organization's rate limit.";
    case 529:
      return "Overloaded";
    default:
      return status >= 500 ? "Internal server error" : "Simulated error";
  }
}

bool is_google_reason(std::string_view error) { return !error.empty() && error[0] >= 'A' && error[0] <= 'Z'; }

// Claude on Vertex answers in Google's shape where Google's own front end refuses (error=RESOURCE_EXHAUSTED).
Reply fault_reply(const Flavour& flavour, const Faults& faults, int status) {
  Reply reply;
  if (flavour.vertex && is_google_reason(faults.error)) {
    GoogleError google;
    google.code = status;
    google.reason = faults.error;
    google.message = "Simulated error";
    reply = google_error(google);
  } else {
    reply = error(flavour, status, status_message(status), faults.error);
  }
  add_retry_headers(faults, reply);
  return reply;
}

void add_headers(const Call& call, const Flavour& flavour, Reply& reply, std::string_view content_type) {
  reply.headers.emplace_back("content-type", content_type);
  reply.headers.emplace_back("request-id", flavour.request_id);
  if (flavour.vertex) {
    reply.headers.emplace_back("vary", "Origin, X-Origin, Referer");
    reply.headers.emplace_back("server", "scaffolding on HTTPServer2");
    return;
  }
  const std::string reset = format_utc_ms((call.world.clock.unix_seconds() + 60) * 1000).substr(0, 19) + "Z";
  constexpr std::pair<std::string_view, std::string_view> kLimits[] = {
      {"requests", "4000"}, {"tokens", "500000"}, {"input-tokens", "400000"}, {"output-tokens", "100000"}};
  for (const auto& [what, limit] : kLimits) {
    const std::string name = "anthropic-ratelimit-" + std::string(what);
    reply.headers.emplace_back(name + "-limit", limit);
    reply.headers.emplace_back(name + "-remaining", limit);
    reply.headers.emplace_back(name + "-reset", reset);
  }
  // What the real head also holds, for a gateway to strip.
  reply.headers.emplace_back("anthropic-organization-id", "00000000-0000-4000-8000-000000000000");
  reply.headers.emplace_back("via", "1.1 google");
  reply.headers.emplace_back("server", "cloudflare");
  reply.headers.emplace_back("cf-ray", "simulator-HAM");
}

// What is wrong with a body of /messages, in the vendor's words; empty: nothing.
std::string complaint(const json::object& body, bool counting, bool model_in_body) {
  if (model_in_body && find_string(body, "model").empty()) return "model: Field required";
  const auto* messages = find_array(body, "messages");
  if (messages == nullptr) return "messages: Field required";
  if (messages->empty()) return "messages: at least one message is required";
  if (!counting && find_integer(body, "max_tokens") <= 0) {
    return body.contains("max_tokens") ? "max_tokens: Input should be greater than or equal to 1"
                                       : "max_tokens: Field required";
  }
  return {};
}

Reply messages(Call& call, const Flavour& flavour, const std::string& path_model, bool counting) {
  const Request& request = call.request;
  if (request.body.size() > kMostBody) return error(flavour, 413, "Request exceeds the maximum size");
  const auto body = parse_json_object(request.body, kMostBody, kMostDepth);
  if (!body) return error(flavour, 400, "The request body is not valid JSON: " + body.error().message);

  const Conversation conversation = read_anthropic(*body);
  if (const Status good = call.gather_faults(conversation.last_user_text); !good) {
    return error(flavour, 400, good.error().message);
  }
  const Faults& faults = call.faults;
  if (faults.status >= 300) return fault_reply(flavour, faults, faults.status);

  if (flavour.vertex && find_string(*body, "anthropic_version").empty()) {
    return error(flavour, 400, "anthropic_version: Field required");
  }
  if (flavour.vertex && !counting && body->contains("model")) {
    return error(flavour, 400, "model: Extra inputs are not permitted");
  }
  const std::string wrong = complaint(*body, counting, path_model.empty());
  if (!wrong.empty()) return error(flavour, 400, wrong);
  const std::string model = path_model.empty() ? std::string(find_string(*body, "model")) : path_model;
  if (model.starts_with("no-such-")) return error(flavour, 404, "model: " + model);

  Reply reply;
  if (faults.status != 0) reply.status = faults.status;
  if (counting) {
    add_headers(call, flavour, reply, "application/json");
    reply.body = to_text(json::object{{"input_tokens", conversation.prompt_tokens()}}, JsonStyle::kCompact);
    return reply;
  }
  const std::string kind = flavour.vertex ? "vrtx_" : "";
  MessageIdentity identity{call.world.next_id("msg_" + kind), call.world.next_id("toolu_" + kind), model,
                           faults.short_usage};
  Answer answer = compose(conversation, faults, request);
  if (!find_bool(*body, "stream")) {
    if (too_large_for_plain(faults))
      return error(flavour, 400, "The simulator makes answers of that size as a stream only");
    add_headers(call, flavour, reply, "application/json");
    reply.body = anthropic_message(answer, identity);
    return reply;
  }
  add_headers(call, flavour, reply, "text/event-stream; charset=utf-8");
  reply.headers.emplace_back("cache-control", "no-cache");
  reply.form = StreamForm::kAnthropicSse;
  reply.events = anthropic_events(std::move(answer), std::move(identity));
  reply.error_event = {EventKind::kContent, "error",
                       anthropic_error(529, faults.error, "Overloaded", flavour.request_id).body};
  return reply;
}

json::object model_object(const Model& model) {
  return {{"type", "model"}, {"id", model.id}, {"display_name", model.name}, {"created_at", model.created}};
}

Reply models(Call& call, const Flavour& flavour) {
  Reply reply;
  json::object body;
  if (call.route.model.empty()) {
    json::array data;
    for (const Model& each : kModels) data.push_back(model_object(each));
    body = {{"data", std::move(data)},
            {"has_more", false},
            {"first_id", std::begin(kModels)->id},
            {"last_id", std::prev(std::end(kModels))->id}};
  } else {
    for (const Model& each : kModels) {
      if (call.route.model == each.id) body = model_object(each);
    }
    if (body.empty()) return error(flavour, 404, "model: " + call.route.model);
  }
  add_headers(call, flavour, reply, "application/json");
  reply.body = to_text(body, JsonStyle::kCompact);
  return reply;
}

}  // namespace

bool too_large_for_plain(const Faults& faults) {
  return faults.events > 0 &&
         faults.events > kMostPlainBytes / std::max<std::int64_t>(faults.event_bytes, 16);
}

Reply anthropic_face(Call& call) {
  const Flavour flavour{false, call.world.next_id("req_")};
  if (auto refused = refuse_anthropic(call)) return std::move(*refused);
  const std::string& verb = call.route.verb;
  if (verb.empty()) return error(flavour, 404, "Not Found");
  if (call.request.header("anthropic-version").empty()) {
    return error(flavour, 400, "anthropic-version: header is required");
  }
  if ((verb == "models") != (call.request.method == "GET")) return error(flavour, 405, "Method Not Allowed");
  if (verb != "models") return messages(call, flavour, {}, verb == "count_tokens");
  if (const Status good = call.gather_faults({}); !good) return error(flavour, 400, good.error().message);
  if (call.faults.status >= 300) return fault_reply(flavour, call.faults, call.faults.status);
  return models(call, flavour);
}

Reply claude_vertex_face(Call& call) {
  const Flavour flavour{true, call.world.next_id("req_vrtx_")};
  if (auto refused = refuse_vertex(call)) return std::move(*refused);
  const std::string& verb = call.route.verb;
  if ((verb != "rawPredict" && verb != "streamRawPredict") || call.request.method != "POST") {
    GoogleError google;
    google.code = 404;
    google.message = "The requested URL was not found on this server.";
    return google_error(google);
  }
  if (call.route.model == "count-tokens") return messages(call, flavour, {}, true);
  return messages(call, flavour, call.route.model, false);
}

}  // namespace moongate::sim
