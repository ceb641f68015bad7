// generativelanguage.googleapis.com: models.
#include <boost/json.hpp>

#include "simulator/call.h"
#include "simulator/google_models.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

struct Model {
  const char* id;
  const char* name;
  bool embeds;
};
constexpr Model kModels[] = {
    {"gemini-2.5-pro", "Gemini 2.5 Pro", false},
    {"gemini-2.5-flash", "Gemini 2.5 Flash", false},
    {"gemini-2.5-flash-lite", "Gemini 2.5 Flash-Lite", false},
    {"gemini-embedding-001", "Gemini Embedding 001", true},
};

json::object model_object(const Model& model) {
  const json::array methods = model.embeds
                                  ? json::array{"embedContent", "batchEmbedContents", "countTokens"}
                                  : json::array{"generateContent", "countTokens", "createCachedContent"};
  return {{"name", "models/" + std::string(model.id)},
          {"version", "001"},
          {"displayName", model.name},
          {"description", "Played by the simulator"},
          {"inputTokenLimit", model.embeds ? 2048 : 1048576},
          {"outputTokenLimit", model.embeds ? 1 : 65536},
          {"supportedGenerationMethods", methods}};
}

Reply models(Call& call) {
  if (const Status good = call.gather_faults({}); !good)
    return google_refusal(call, 400, good.error().message);
  if (call.faults.status >= 300) return google_fault(call, call.faults, call.faults.status);
  if (call.route.model.empty()) {
    json::array list;
    for (const Model& each : kModels) list.push_back(model_object(each));
    return google_reply(json::object{{"models", std::move(list)}});
  }
  for (const Model& each : kModels) {
    if (call.route.model == each.id) return google_reply(model_object(each));
  }
  return google_refusal(call, 404,
                        "Model is not found: models/" + call.route.model + " for api version v1beta");
}

}  // namespace

Reply gemini_face(Call& call) {
  if (auto refused = refuse_gemini(call)) return std::move(*refused);
  const std::string& verb = call.route.verb;
  if (verb.empty() && call.request.method == "GET") return models(call);
  if (call.request.method == "POST" && !call.route.model.empty()) {
    if (verb == "generateContent" || verb == "streamGenerateContent") return generate_content(call);
    if (verb == "countTokens") return count_tokens(call);
    if (verb == "embedContent") return embed_content(call, false);
    if (verb == "batchEmbedContents") return embed_content(call, true);
  }
  return google_refusal(call, 404, "The requested URL was not found on this server.");
}

}  // namespace moongate::sim
