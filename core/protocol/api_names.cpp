#include "protocol/api.h"

namespace moongate {

std::string_view to_string(Provider provider) {
  switch (provider) {
    case Provider::kVertex:
      return "vertex";
    case Provider::kVertexClaude:
      return "vertex-claude";
    case Provider::kAnthropic:
      return "anthropic";
    case Provider::kGemini:
      return "gemini";
  }
  return "unknown";
}

std::optional<Provider> parse_provider(std::string_view name) {
  for (const Provider provider :
       {Provider::kVertex, Provider::kVertexClaude, Provider::kAnthropic, Provider::kGemini}) {
    if (to_string(provider) == name) return provider;
  }
  return std::nullopt;
}

std::string_view to_string(Dialect dialect) {
  switch (dialect) {
    case Dialect::kAnthropic:
      return "anthropic";
    case Dialect::kVertexGemini:
      return "vertex";
    case Dialect::kVertexClaude:
      return "vertex-claude";
    case Dialect::kGemini:
      return "gemini";
    case Dialect::kOpenAi:
      return "openai";
    case Dialect::kPlain:
      return "plain";
  }
  return "unknown";
}

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::kGenerate:
      return "generate";
    case Operation::kStreamGenerate:
      return "stream-generate";
    case Operation::kCountTokens:
      return "count-tokens";
    case Operation::kEmbed:
      return "embed";
    case Operation::kPredict:
      return "predict";
    case Operation::kLongRunning:
      return "long-running";
    case Operation::kFetchOperation:
      return "fetch-operation";
    case Operation::kListModels:
      return "list-models";
    case Operation::kGetModel:
      return "get-model";
    case Operation::kCachedContents:
      return "cached-contents";
    case Operation::kFiles:
      return "files";
    case Operation::kBatches:
      return "batches";
    case Operation::kTelemetry:
      return "telemetry";
    case Operation::kHealth:
      return "health";
    case Operation::kConversation:
      return "conversation";
    case Operation::kOther:
      return "other";
    case Operation::kNone:
      return "none";
  }
  return "unknown";
}

}  // namespace moongate
