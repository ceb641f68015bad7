// Gemini and its kin as publisher models of Vertex AI.
#include <boost/json.hpp>

#include "crypto/base64.h"
#include "simulator/call.h"
#include "simulator/conversation.h"
#include "simulator/google_models.h"
#include "simulator/json_members.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

// The smallest PNG there is: one transparent pixel.
constexpr std::string_view kPixel =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

// `instances` with `content` are embedded, those with `prompt` painted.
Reply predict(Call& call) {
  json::object body;
  Reply refusal;
  if (!begin_google(call, body, refusal)) return refusal;
  const auto* instances = find_array(body, "instances");
  if (instances == nullptr || instances->empty())
    return google_refusal(call, 400, "instances must not be empty.");
  const auto* parameters = find_object(body, "parameters");
  const std::int64_t asked = parameters != nullptr ? find_integer(*parameters, "outputDimensionality") : 0;
  const std::int64_t dimensions = asked > 0 ? std::min(asked, kMostDimensions) : kEmbeddingDimensions;
  json::array predictions;
  std::int64_t characters = 0;
  for (const auto& each : *instances) {
    const auto* instance = each.if_object();
    if (instance == nullptr) return google_refusal(call, 400, "Invalid instance: it has to be an object.");
    if (instance->contains("prompt")) {
      predictions.push_back({{"mimeType", "image/png"}, {"bytesBase64Encoded", kPixel}});
      continue;
    }
    const std::string_view content = find_string(*instance, "content");
    characters += static_cast<std::int64_t>(content.size());
    predictions.push_back({{"embeddings",
                            {{"statistics", {{"truncated", false}, {"token_count", count_words(content)}}},
                             {"values", embedding_of(content, dimensions)}}}});
  }
  json::object answer{{"predictions", std::move(predictions)}};
  if (characters > 0) answer["metadata"] = {{"billableCharacterCount", characters}};
  return google_reply(answer);
}

std::string model_path(const Route& route) {
  return "projects/" + route.project + "/locations/" + route.location + "/publishers/google/models/" +
         route.model;
}

Reply predict_long_running(Call& call) {
  json::object body;
  Reply refusal;
  if (!begin_google(call, body, refusal)) return refusal;
  const auto* instances = find_array(body, "instances");
  if (instances == nullptr || instances->empty())
    return google_refusal(call, 400, "instances must not be empty.");
  Operation operation;
  operation.name = model_path(call.route) + "/operations/" + call.world.next_id("op-");
  operation.project = call.route.project;
  operation.polls_left = call.faults.polls;
  const std::string name = operation.name;
  call.world.operations.add(std::move(operation));
  return google_reply(json::object{{"name", name}});
}

Reply fetch_predict_operation(Call& call) {
  json::object body;
  Reply refusal;
  if (!begin_google(call, body, refusal)) return refusal;
  const std::string name(find_string(body, "operationName"));
  Operation* operation = call.world.operations.find(name, call.route.project);
  if (operation == nullptr) return google_refusal(call, 404, "The operation \"" + name + "\" was not found.");
  if (operation->polls_left > 0) {
    --operation->polls_left;
    return google_reply(json::object{{"name", name}});
  }
  return google_reply(
      json::object{{"name", name},
                   {"done", true},
                   {"response",
                    {{"@type", "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"},
                     {"raiMediaFilteredCount", 0},
                     {"videos", json::array{{{"mimeType", "video/mp4"},
                                             {"bytesBase64Encoded", base64_encode("simulated video")}}}}}}});
}

Reply list_models(Call& call) {
  if (const Status good = call.gather_faults({}); !good)
    return google_refusal(call, 400, good.error().message);
  if (call.faults.status >= 300) return google_fault(call, call.faults, call.faults.status);
  json::array models;
  for (const char* name :
       {"gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-embedding-001"}) {
    models.push_back({{"name", "publishers/google/models/" + std::string(name)},
                      {"versionId", "default"},
                      {"launchStage", "GA"}});
  }
  return google_reply(json::object{{"publisherModels", std::move(models)}});
}

}  // namespace

Reply vertex_face(Call& call) {
  if (auto refused = refuse_vertex(call)) return std::move(*refused);
  const std::string& verb = call.route.verb;
  if (call.route.model.empty() && call.request.method == "GET") return list_models(call);
  if (call.request.method == "POST") {
    if (verb == "generateContent" || verb == "streamGenerateContent") return generate_content(call);
    if (verb == "countTokens") return count_tokens(call);
    if (verb == "embedContent") return embed_content(call, false);
    if (verb == "predict") return predict(call);
    if (!call.route.project.empty() && verb == "predictLongRunning") return predict_long_running(call);
    if (!call.route.project.empty() && verb == "fetchPredictOperation") return fetch_predict_operation(call);
  }
  return google_refusal(call, 404, "The requested URL was not found on this server.");
}

}  // namespace moongate::sim
