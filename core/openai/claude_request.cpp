// To Anthropic's Messages.
#include <algorithm>
#include <cctype>

#include "base/utf8.h"
#include "crypto/base64.h"
#include "openai/json_writer.h"
#include "openai/model_version.h"
#include "openai/provider_request.h"

namespace moongate::openai {
namespace {

// Messages has to be told how long an answer may be, and OpenAI's forms need not say it.
constexpr std::int64_t kMaxTokens = 16384;
constexpr std::int64_t kMaxTokensThinking = 32000;  // what Claude Opus 4, the least of those that think, can give
constexpr std::int64_t kLeastBudget = 1024;
constexpr ModelVersion kAdaptive{4, 6};  // from here on models choose their budget themselves, and are told an effort
constexpr ModelVersion kStrictTools{4, 5};

Error cannot(std::string text) { return {ErrorKind::kInvalid, std::move(text), ErrorSource::kClient}; }

// Messages takes letters, digits, _ and - in the id of a call; other providers' ids have more.
std::string plain_id(std::string_view id) {
  std::string out(id);
  for (char& c : out) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') c = '_';
  }
  return out;
}

class Writer {
 public:
  Writer(const Prompt& prompt, std::string_view model) : prompt_(prompt), version_(version_of_model(model)), json_(out_) {
    json_.object().member("model", model);
  }

  Result<std::string> write() {
    write_thinking();
    json_.member("max_tokens", max_tokens_);
    write_system();
    write_turns();
    if (problem_.empty()) write_tools();
    write_sampling();
    write_output();
    if (prompt_.stream) json_.member("stream", true);
    json_.end_object();
    if (!problem_.empty()) return cannot(problem_);
    return std::move(out_);
  }

 private:
  void refuse(std::string text) {
    if (problem_.empty()) problem_ = std::move(text);
  }

  // With a budget, Claude wants the thought that led to a call back with the call's result; chat completions have no place
  // for it, so that such a turn is answered without thinking. Adaptive models do not insist.
  bool thoughts_are_missing() const {
    for (auto turn = prompt_.turns.rbegin(); turn != prompt_.turns.rend(); ++turn) {
      if (!turn->assistant) {
        const bool only_results = std::all_of(turn->blocks.begin(), turn->blocks.end(),
                                              [](const Block& b) { return b.kind == BlockKind::kResult; });
        if (!only_results) return false;
      } else if (turn->blocks.empty() || turn->blocks.front().kind != BlockKind::kThought) {
        return true;
      }
    }
    return false;
  }

  void write_thinking() {
    const Effort effort = prompt_.effort;
    const bool thinks = effort != Effort::kUnsaid && effort != Effort::kNone;
    max_tokens_ = prompt_.max_tokens.value_or(thinks ? kMaxTokensThinking : kMaxTokens);
    if (effort == Effort::kUnsaid) return;
    if (!thinks) {
      json_.name("thinking").object().member("type", "disabled").end_object();
    } else if (version_ >= kAdaptive) {
      json_.name("thinking").object().member("type", "adaptive");
      if (prompt_.show_thoughts) json_.member("display", "summarized");
      json_.end_object();
    } else {
      std::int64_t budget = effort == Effort::kMinimal || effort == Effort::kLow ? kLeastBudget
                            : effort == Effort::kMedium                          ? 8192
                                                                                 : 24576;
      budget = std::min(budget, max_tokens_ - kLeastBudget);  // it counts to max_tokens, and an answer needs some, too
      if (budget < kLeastBudget || thoughts_are_missing()) return;
      json_.name("thinking").object().member("type", "enabled").member("budget_tokens", budget).end_object();
    }
  }

  void write_system() {
    if (prompt_.system.empty()) return;
    json_.name("system");
    if (prompt_.system.size() == 1) {
      json_.value(prompt_.system.front());
      return;
    }
    json_.array();
    for (const std::string_view text : prompt_.system) write_text(text);
    json_.end_array();
  }

  void write_text(std::string_view text) {
    json_.object().member("type", "text").member("text", text).end_object();
  }

  void write_source(const Block& block) {
    json_.name("source").object();
    if (!block.url.empty()) {
      json_.member("type", "url").member("url", block.url);
    } else if (block.kind == BlockKind::kFile && block.media_type == "text/plain") {
      const std::optional<std::string> text = base64_decode(block.data);
      if (!text || !is_valid_utf8(*text)) refuse("A file of type text/plain must be base64 of UTF-8 text");
      json_.member("type", "text").member("media_type", block.media_type).member("data", text.value_or(""));
    } else {
      json_.member("type", "base64").member("media_type", block.media_type).member("data", block.data);
    }
    json_.end_object();
  }

  void write_block(const Block& block) {
    switch (block.kind) {
      case BlockKind::kText:
        if (!block.text.empty()) write_text(block.text);  // Messages refuses empty ones
        break;
      case BlockKind::kImage:
        json_.object().member("type", "image");
        write_source(block);
        json_.end_object();
        break;
      case BlockKind::kAudio:
        refuse("input_audio: Claude takes no sound; use a Gemini model");
        break;
      case BlockKind::kFile:
        if (block.url.empty() && block.media_type != "application/pdf" && block.media_type != "text/plain") {
          refuse("A file must be application/pdf or text/plain for Claude");
        }
        json_.object().member("type", "document");
        write_source(block);
        if (!block.name.empty()) json_.member("title", block.name);
        json_.end_object();
        break;
      case BlockKind::kThought:
        write_thought(block);
        break;
      case BlockKind::kCall:
        json_.object().member("type", "tool_use").member("id", plain_id(block.id)).member("name", block.name);
        json_.member_raw("input", block.arguments).end_object();
        break;
      case BlockKind::kResult:
        json_.object().member("type", "tool_result").member("tool_use_id", plain_id(block.id)).name("content");
        write_content(block.content);
        json_.end_object();
        break;
    }
  }

  void write_thought(const Block& block) {
    if (!block.sealed.empty()) {
      json_.object().member("type", "redacted_thinking").member("data", block.sealed).end_object();
    } else if (!block.signature.empty()) {
      json_.object().member("type", "thinking").member("thinking", block.text);
      json_.member("signature", block.signature).end_object();
    }  // without its seal a thought is refused: it is left out
  }

  static bool says_something(const Block& block) {
    if (block.kind == BlockKind::kText) return !block.text.empty();
    return block.kind != BlockKind::kThought || !block.sealed.empty() || !block.signature.empty();
  }

  void write_turns() {
    json_.name("messages").array();
    for (const Turn& turn : prompt_.turns) {
      if (std::none_of(turn.blocks.begin(), turn.blocks.end(), says_something)) continue;
      json_.object().member("role", turn.assistant ? "assistant" : "user").name("content");
      write_content(turn.blocks);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_content(const std::vector<Block>& blocks) {
    if (blocks.size() == 1 && blocks.front().kind == BlockKind::kText) {
      json_.value(blocks.front().text);
      return;
    }
    json_.array();
    // The results of calls have to be first in their turn.
    for (const Block& block : blocks) {
      if (block.kind == BlockKind::kResult) write_block(block);
    }
    for (const Block& block : blocks) {
      if (block.kind != BlockKind::kResult) write_block(block);
    }
    json_.end_array();
  }

  // Messages insists on the type, and on a schema where there are no parameters.
  void write_schema(const boost::json::value* schema) {
    if (schema == nullptr) {
      json_.raw(R"({"type":"object","properties":{}})");
      return;
    }
    json_.object();
    if (!schema->get_object().contains("type")) json_.member("type", "object");
    for (const auto& each : schema->get_object()) json_.member(each.key(), each.value());
    json_.end_object();
  }

  void write_tools() {
    if (prompt_.tools.empty()) return;
    json_.name("tools").array();
    for (const Tool& tool : prompt_.tools) {
      json_.object().member("name", tool.name);
      if (!tool.description.empty()) json_.member("description", tool.description);
      json_.name("input_schema");
      write_schema(tool.parameters);
      if (tool.strict && version_ >= kStrictTools) json_.member("strict", true);
      json_.end_object();
    }
    json_.end_array();
    write_choice();
  }

  void write_choice() {
    ToolChoice choice = prompt_.choice;
    if (choice == ToolChoice::kUnsaid && prompt_.one_call_at_most) choice = ToolChoice::kAuto;
    if (choice == ToolChoice::kUnsaid) return;
    json_.name("tool_choice").object();
    switch (choice) {
      case ToolChoice::kUnsaid:
      case ToolChoice::kAuto:
        json_.member("type", "auto");
        break;
      case ToolChoice::kNone:
        json_.member("type", "none");
        break;
      case ToolChoice::kRequired:
        json_.member("type", "any");
        break;
      case ToolChoice::kNamed:
        json_.member("type", "tool").member("name", prompt_.choice_name);
        break;
    }
    if (prompt_.one_call_at_most && choice != ToolChoice::kNone) json_.member("disable_parallel_tool_use", true);
    json_.end_object();
  }

  void write_sampling() {
    if (prompt_.presence_penalty.value_or(0) != 0) refuse("presence_penalty: Claude has none");
    if (prompt_.frequency_penalty.value_or(0) != 0) refuse("frequency_penalty: Claude has none");
    if (prompt_.temperature) json_.member("temperature", std::min(*prompt_.temperature, 1.0));  // Claude's end at 1
    if (prompt_.top_p) json_.member("top_p", *prompt_.top_p);
    if (prompt_.stop.empty()) return;
    json_.name("stop_sequences").array();
    for (const std::string_view text : prompt_.stop) json_.value(text);
    json_.end_array();
  }

  std::string_view effort_word() const {
    switch (prompt_.effort) {
      case Effort::kUnsaid:
      case Effort::kNone:
        return {};
      case Effort::kMinimal:
      case Effort::kLow:
        return "low";
      case Effort::kMedium:
        return "medium";
      case Effort::kHigh:
        return "high";
      case Effort::kXhigh:
        return "xhigh";
    }
    return {};
  }

  void write_output() {
    if (prompt_.format == Format::kJsonObject) {
      refuse("response_format: Claude has no json_object; describe the answer with json_schema");
    }
    const std::string_view effort = version_ >= kAdaptive ? effort_word() : std::string_view();
    if (effort.empty() && prompt_.format != Format::kJsonSchema) return;
    json_.name("output_config").object();
    if (!effort.empty()) json_.member("effort", effort);
    if (prompt_.format == Format::kJsonSchema) {
      json_.name("format").object().member("type", "json_schema").member("schema", *prompt_.schema).end_object();
    }
    json_.end_object();
  }

  const Prompt& prompt_;
  const ModelVersion version_;
  std::string out_;
  JsonWriter json_;
  std::int64_t max_tokens_ = 0;
  std::string problem_;
};

}  // namespace

Result<std::string> claude_request(const Prompt& prompt, std::string_view model) { return Writer(prompt, model).write(); }

}  // namespace moongate::openai
