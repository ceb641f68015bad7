#include "simulator/anthropic_messages.h"

#include <boost/json.hpp>
#include <vector>

#include "crypto/hash.h"
#include "simulator/json_text.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t kToolPieceBytes = 12;
constexpr std::size_t kEventsStartOutput = 1;  // message_start counts the first token, as the vendor does

std::string signature_of(const std::string& thinking) {
  return base64_encode("simulator" + sha256(thinking));
}

std::string_view stop_reason(StopReason stop) {
  switch (stop) {
    case StopReason::kMaxTokens:
      return "max_tokens";
    case StopReason::kTool:
      return "tool_use";
    case StopReason::kEnd:
      break;
  }
  return "end_turn";
}

json::object input_usage(const Answer& a) {
  return {{"input_tokens", a.prompt_tokens},
          {"cache_creation_input_tokens", a.cache_write_5m + a.cache_write_1h},
          {"cache_read_input_tokens", a.cache_read}};
}

// Thinking is billed as output: output_tokens includes it, output_tokens_details says how much it was.
void add_output_usage(json::object& usage, const Answer& a) {
  usage["output_tokens"] = a.output_tokens + a.thinking_tokens;
  if (a.thinking_tokens > 0) usage["output_tokens_details"] = {{"thinking_tokens", a.thinking_tokens}};
}

void add_cache_tiers(json::object& usage, const Answer& a) {
  usage["cache_creation"] = {{"ephemeral_5m_input_tokens", a.cache_write_5m},
                             {"ephemeral_1h_input_tokens", a.cache_write_1h}};
}

json::object message_frame(const MessageIdentity& identity, json::array content) {
  return {{"model", identity.model},
          {"id", identity.id},
          {"type", "message"},
          {"role", "assistant"},
          {"content", std::move(content)},
          {"stop_reason", nullptr},
          {"stop_sequence", nullptr}};
}

class MessageEvents final : public EventSource {
 public:
  MessageEvents(Answer answer, MessageIdentity identity)
      : answer_(std::move(answer)), identity_(std::move(identity)) {
    if (!answer_.thinking.empty()) blocks_.push_back(Block::kThinking);
    if (!answer_.text.empty() || !answer_.tool) blocks_.push_back(Block::kText);
    if (answer_.tool) {
      blocks_.push_back(Block::kTool);
      tool_pieces_ = Pieces::runs(json::serialize(answer_.tool->arguments), kToolPieceBytes);
    }
  }

  std::int64_t content_events() const override {
    return answer_.thinking.count() + answer_.text.count() + tool_pieces_.count();
  }

  bool next(StreamEvent& event) override {
    switch (step_) {
      case Step::kMessageStart:
        step_ = Step::kBlockStart;
        return set(event, EventKind::kOpening, "message_start", {{"message", start_of_message()}});
      case Step::kBlockStart:
        step_ = Step::kBlock;
        return set(event, EventKind::kOpening, "content_block_start",
                   {{"index", index_}, {"content_block", start_of_block()}});
      case Step::kBlock:
        return next_of_block(event);
      case Step::kMessageDelta:
        step_ = Step::kMessageStop;
        return set(event, EventKind::kClosing, "message_delta",
                   {{"delta", {{"stop_reason", stop_reason(answer_.stop)}, {"stop_sequence", nullptr}}},
                    {"usage", closing_usage()}});
      case Step::kMessageStop:
        step_ = Step::kDone;
        return set(event, EventKind::kClosing, "message_stop", {});
      case Step::kDone:
        break;
    }
    return false;
  }

 private:
  enum class Block : std::uint8_t { kThinking, kText, kTool };
  enum class Step : std::uint8_t { kMessageStart, kBlockStart, kBlock, kMessageDelta, kMessageStop, kDone };

  static bool set(StreamEvent& event, EventKind kind, std::string_view name, json::object members) {
    json::object data{{"type", name}};
    for (auto& member : members) data.emplace(member.key(), std::move(member.value()));
    event.kind = kind;
    event.name = name;
    event.data = to_text(data, JsonStyle::kCompact);
    return true;
  }

  bool delta(StreamEvent& event, EventKind kind, json::object members) {
    return set(event, kind, "content_block_delta", {{"index", index_}, {"delta", std::move(members)}});
  }

  bool next_of_block(StreamEvent& event) {
    std::string piece;
    const Block block = blocks_[static_cast<std::size_t>(index_)];
    if (block == Block::kThinking && answer_.thinking.next(piece)) {
      return delta(event, EventKind::kContent, {{"type", "thinking_delta"}, {"thinking", piece}});
    }
    if (block == Block::kText && answer_.text.next(piece)) {
      return delta(event, EventKind::kContent, {{"type", "text_delta"}, {"text", piece}});
    }
    if (block == Block::kTool && tool_pieces_.next(piece)) {
      return delta(event, EventKind::kContent, {{"type", "input_json_delta"}, {"partial_json", piece}});
    }
    if (block == Block::kThinking && !signed_) {
      signed_ = true;
      return delta(event, EventKind::kOpening,
                   {{"type", "signature_delta"}, {"signature", signature_of(answer_.thinking.whole())}});
    }
    const std::int64_t stopped = index_++;
    step_ = static_cast<std::size_t>(index_) < blocks_.size() ? Step::kBlockStart : Step::kMessageDelta;
    return set(event, EventKind::kOpening, "content_block_stop", {{"index", stopped}});
  }

  json::object start_of_message() const {
    json::object message = message_frame(identity_, {});
    json::object usage = input_usage(answer_);
    add_cache_tiers(usage, answer_);
    usage["output_tokens"] = kEventsStartOutput;
    usage["service_tier"] = "standard";
    message["usage"] = std::move(usage);
    return message;
  }

  json::object start_of_block() const {
    switch (blocks_[static_cast<std::size_t>(index_)]) {
      case Block::kThinking:
        return {{"type", "thinking"}, {"thinking", ""}, {"signature", ""}};
      case Block::kText:
        return {{"type", "text"}, {"text", ""}};
      case Block::kTool:
        break;
    }
    return {{"type", "tool_use"},
            {"id", identity_.tool_id},
            {"name", answer_.tool->name},
            {"input", json::object()}};
  }

  json::object closing_usage() const {
    json::object usage = identity_.short_usage ? json::object() : input_usage(answer_);
    add_output_usage(usage, answer_);
    return usage;
  }

  Answer answer_;
  MessageIdentity identity_;
  std::vector<Block> blocks_;
  Pieces tool_pieces_;
  std::int64_t index_ = 0;
  Step step_ = Step::kMessageStart;
  bool signed_ = false;
};

}  // namespace

std::string anthropic_message(const Answer& answer, const MessageIdentity& identity) {
  json::array content;
  if (!answer.thinking.empty()) {
    const std::string thinking = answer.thinking.whole();
    content.push_back({{"type", "thinking"}, {"thinking", thinking}, {"signature", signature_of(thinking)}});
  }
  if (!answer.text.empty() || !answer.tool)
    content.push_back({{"type", "text"}, {"text", answer.text.whole()}});
  if (answer.tool) {
    content.push_back({{"type", "tool_use"},
                       {"id", identity.tool_id},
                       {"name", answer.tool->name},
                       {"input", answer.tool->arguments}});
  }
  json::object message = message_frame(identity, std::move(content));
  message["stop_reason"] = stop_reason(answer.stop);
  json::object usage = input_usage(answer);
  add_cache_tiers(usage, answer);
  add_output_usage(usage, answer);
  usage["service_tier"] = "standard";
  message["usage"] = std::move(usage);
  return to_text(message, JsonStyle::kCompact);
}

std::unique_ptr<EventSource> anthropic_events(Answer answer, MessageIdentity identity) {
  return std::make_unique<MessageEvents>(std::move(answer), std::move(identity));
}

}  // namespace moongate::sim
