#include "simulator/gemini_content.h"

#include <boost/json.hpp>

#include "crypto/hash.h"
#include "simulator/json_text.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

std::string signature_of(std::string_view text) { return base64_encode("simulator" + sha256(text)); }

std::string_view finish_reason(StopReason stop) {
  return stop == StopReason::kMaxTokens ? "MAX_TOKENS" : "STOP";
}

json::object thought_part(std::string text) { return {{"text", std::move(text)}, {"thought", true}}; }

json::object call_part(const ToolCall& call, bool signed_part) {
  json::object part{{"functionCall", {{"name", call.name}, {"args", call.arguments}}}};
  if (signed_part) part["thoughtSignature"] = signature_of(call.name);
  return part;
}

// promptTokenCount includes what came from the cache; candidatesTokenCount excludes the thoughts.
json::object usage_of(const Answer& a, const json::array& modalities, std::int64_t candidates, bool vertex) {
  const std::int64_t prompt = a.prompt_tokens + a.cache_read;
  json::object usage{{"promptTokenCount", prompt}};
  if (candidates > 0) usage["candidatesTokenCount"] = candidates;
  usage["totalTokenCount"] = prompt + candidates + a.thinking_tokens;
  if (a.cache_read > 0) {
    usage["cachedContentTokenCount"] = a.cache_read;
    usage["cacheTokensDetails"] = json::array{{{"modality", "TEXT"}, {"tokenCount", a.cache_read}}};
  }
  json::array details = modalities;
  if (a.cache_read > 0) {
    bool added = false;
    for (auto& each : details) {
      if (each.at("modality") != "TEXT") continue;
      each.as_object()["tokenCount"] = each.at("tokenCount").as_int64() + a.cache_read;
      added = true;
    }
    if (!added) details.push_back({{"modality", "TEXT"}, {"tokenCount", a.cache_read}});
  }
  usage["promptTokensDetails"] = std::move(details);
  if (candidates > 0)
    usage["candidatesTokensDetails"] = json::array{{{"modality", "TEXT"}, {"tokenCount", candidates}}};
  if (a.thinking_tokens > 0) usage["thoughtsTokenCount"] = a.thinking_tokens;
  if (vertex) usage["trafficType"] = "ON_DEMAND";
  return usage;
}

// `reason` is empty before the end.
json::object frame(json::array parts, std::string_view reason, json::object usage,
                   const ContentIdentity& identity) {
  json::object candidate{{"content", {{"parts", std::move(parts)}, {"role", "model"}}}};
  if (!reason.empty()) candidate["finishReason"] = reason;
  candidate["index"] = 0;
  return {{"candidates", json::array{std::move(candidate)}},
          {"usageMetadata", std::move(usage)},
          {"modelVersion", identity.model},
          {"responseId", identity.response_id}};
}

class ContentEvents final : public EventSource {
 public:
  ContentEvents(Answer answer, json::array modalities, ContentIdentity identity, JsonStyle style)
      : answer_(std::move(answer)),
        modalities_(std::move(modalities)),
        identity_(std::move(identity)),
        style_(style) {}

  std::int64_t content_events() const override {
    return answer_.thinking.count() + answer_.text.count() + (answer_.tool ? 1 : 0);
  }

  bool next(StreamEvent& event) override {
    if (done_) return false;
    event.kind = EventKind::kContent;
    std::string piece;
    json::array parts;
    std::string_view reason;
    if (answer_.thinking.next(piece)) {
      parts.push_back(thought_part(std::move(piece)));
    } else if (answer_.text.next(piece)) {
      sent_tokens_ += count_words(piece);
      parts.push_back({{"text", std::move(piece)}});
    } else if (answer_.tool && !called_) {
      called_ = true;
      sent_tokens_ += kToolTokens;
      parts.push_back(call_part(*answer_.tool, answer_.thinking_tokens > 0));
    } else {
      done_ = true;
      event.kind = EventKind::kClosing;
      parts.push_back({{"text", ""}});
      reason = finish_reason(answer_.stop);
    }
    event.data = to_text(frame(std::move(parts), reason, usage(), identity_), style_);
    return true;
  }

 private:
  // The Developer API tells cumulative counts all along; Vertex only the kind of traffic before the end.
  json::object usage() const {
    if (identity_.vertex && !done_) return {{"trafficType", "ON_DEMAND"}};
    return usage_of(answer_, modalities_, done_ ? answer_.output_tokens : sent_tokens_, identity_.vertex);
  }

  Answer answer_;
  json::array modalities_;
  ContentIdentity identity_;
  JsonStyle style_;
  std::int64_t sent_tokens_ = 0;
  bool called_ = false, done_ = false;
};

}  // namespace

json::array modality_counts(const Conversation& c) {
  json::array out;
  const auto add = [&out](const char* modality, std::int64_t tokens) {
    if (tokens > 0) out.push_back({{"modality", modality}, {"tokenCount", tokens}});
  };
  add("TEXT", c.text_tokens);
  add("IMAGE", c.image_tokens);
  add("AUDIO", c.audio_tokens);
  add("VIDEO", c.video_tokens);
  add("DOCUMENT", c.document_tokens);
  return out;
}

json::object gemini_content(const Answer& answer, const Conversation& conversation,
                            const ContentIdentity& identity) {
  json::array parts;
  if (!answer.thinking.empty()) parts.push_back(thought_part(answer.thinking.whole()));
  if (!answer.text.empty() || !answer.tool) parts.push_back({{"text", answer.text.whole()}});
  if (answer.tool) parts.push_back(call_part(*answer.tool, answer.thinking_tokens > 0));
  return frame(std::move(parts), finish_reason(answer.stop),
               usage_of(answer, modality_counts(conversation), answer.output_tokens, identity.vertex),
               identity);
}

std::unique_ptr<EventSource> gemini_events(Answer answer, const Conversation& conversation,
                                           ContentIdentity identity, StreamForm form) {
  const JsonStyle style = form == StreamForm::kGoogleArray ? JsonStyle::kPretty : JsonStyle::kGoogleLine;
  return std::make_unique<ContentEvents>(std::move(answer), modality_counts(conversation),
                                         std::move(identity), style);
}

}  // namespace moongate::sim
