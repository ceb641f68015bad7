// To Gemini's generateContent, for the Developer API and Vertex alike.
#include <algorithm>

#include "openai/json_document.h"
#include "openai/json_writer.h"
#include "openai/model_version.h"
#include "openai/provider_request.h"

namespace moongate::openai {
namespace {

constexpr ModelVersion kLevels{3, 0};  // from here on models are told a level of thinking instead of a budget
constexpr std::size_t kMostStops = 5;

// What Google documents for calls that its own model has not made: Gemini 3 refuses a call without a signature.
constexpr std::string_view kNoSignature = "skip_thought_signature_validator";

// The media type that an address ends in; Vertex does not look for itself.
std::string_view type_by_ending(std::string_view url) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"}, {".png", "image/png"},  {".webp", "image/webp"},
      {".heic", "image/heic"}, {".heif", "image/heif"}, {".gif", "image/gif"},  {".pdf", "application/pdf"},
      {".txt", "text/plain"},  {".mp3", "audio/mp3"},   {".wav", "audio/wav"},  {".mp4", "video/mp4"}};
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  std::string lower(path.substr(path.size() > 5 ? path.size() - 5 : 0));
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  for (const auto& [ending, type] : kTypes) {
    if (lower.ends_with(ending)) return type;
  }
  return {};
}

class Writer {
 public:
  Writer(const Prompt& prompt, std::string_view model, Provider provider)
      : prompt_(prompt), version_(version_of_model(model)), provider_(provider), json_(out_) {}

  Result<std::string> write() {
    json_.object();
    write_system();
    write_turns();
    write_tools();
    write_config();
    json_.end_object();
    if (!problem_.empty()) return Error(ErrorKind::kInvalid, problem_, ErrorSource::kClient);
    return std::move(out_);
  }

 private:
  void refuse(std::string text) {
    if (problem_.empty()) problem_ = std::move(text);
  }

  void write_text(std::string_view text) { json_.object().member("text", text).end_object(); }

  void write_system() {
    if (prompt_.system.empty()) return;
    json_.name("systemInstruction").object().name("parts").array();
    for (const std::string_view text : prompt_.system) write_text(text);
    json_.end_array().end_object();
  }

  void write_media(const Block& block) {
    json_.object();
    if (block.url.empty()) {
      json_.name("inlineData").object().member("mimeType", block.media_type).member("data", block.data).end_object();
    } else {
      const std::string_view type = type_by_ending(block.url);
      if (type.empty() && provider_ == Provider::kVertex) {
        refuse("An address of an image or a file must end in its type, as .png, for Vertex AI; or send it as a data: URL");
      }
      json_.name("fileData").object();
      if (!type.empty()) json_.member("mimeType", type);
      json_.member("fileUri", block.url).end_object();
    }
    json_.end_object();
  }

  // `first`: the first call of its turn, which is the one that Gemini signs.
  void write_call(const Block& block, bool first) {
    json_.object().name("functionCall").object().member("name", block.name).member_raw("args", block.arguments).end_object();
    if (!block.signature.empty()) {
      json_.member("thoughtSignature", block.signature);
    } else if (first && version_ >= kLevels) {
      json_.member("thoughtSignature", kNoSignature);
    }
    json_.end_object();
  }

  // Gemini wants an object; a result that is none is put into one.
  void write_result(const Block& block) {
    std::string text;
    bool media = false;
    for (const Block& part : block.content) {
      if (part.kind == BlockKind::kText) text += part.text;
      media = media || part.kind != BlockKind::kText;
    }
    json_.object().name("functionResponse").object().member("name", block.name).name("response");
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin != std::string::npos && text[begin] == '{' && JsonDocument::parse(text).ok()) {
      json_.raw(text);
    } else {
      json_.object().member("output", text).end_object();
    }
    json_.end_object().end_object();
    if (!media) return;
    for (const Block& part : block.content) {
      if (part.kind != BlockKind::kText) write_media(part);
    }
  }

  void write_block(const Block& block, bool& call_before) {
    switch (block.kind) {
      case BlockKind::kText:
        if (!block.text.empty()) write_text(block.text);
        break;
      case BlockKind::kImage:
      case BlockKind::kAudio:
      case BlockKind::kFile:
        write_media(block);
        break;
      case BlockKind::kThought:  // its seal stands at the call that it led to
        break;
      case BlockKind::kCall:
        write_call(block, !call_before);
        call_before = true;
        break;
      case BlockKind::kResult:
        write_result(block);
        break;
    }
  }

  static bool says_something(const Block& block) {
    return block.kind == BlockKind::kText ? !block.text.empty() : block.kind != BlockKind::kThought;
  }

  // Of `turn`, the results of calls or everything else: results have to have a turn for themselves.
  void write_content(const Turn& turn, bool results) {
    const auto belongs = [&](const Block& b) { return (b.kind == BlockKind::kResult) == results && says_something(b); };
    if (std::none_of(turn.blocks.begin(), turn.blocks.end(), belongs)) return;
    json_.object().member("role", turn.assistant ? "model" : "user").name("parts").array();
    bool call_before = false;
    for (const Block& block : turn.blocks) {
      if (belongs(block)) write_block(block, call_before);
    }
    json_.end_array().end_object();
  }

  void write_turns() {
    json_.name("contents").array();
    for (const Turn& turn : prompt_.turns) {
      write_content(turn, true);
      write_content(turn, false);
    }
    json_.end_array();
  }

  void write_tools() {
    if (prompt_.tools.empty()) return;
    json_.name("tools").array().object().name("functionDeclarations").array();
    for (const Tool& tool : prompt_.tools) {
      json_.object().member("name", tool.name);
      if (!tool.description.empty()) json_.member("description", tool.description);
      if (tool.parameters != nullptr && !tool.parameters->get_object().empty()) {
        json_.member("parametersJsonSchema", *tool.parameters);
      }
      json_.end_object();
    }
    json_.end_array().end_object().end_array();
    if (prompt_.choice == ToolChoice::kUnsaid) return;
    json_.name("toolConfig").object().name("functionCallingConfig").object();
    switch (prompt_.choice) {
      case ToolChoice::kUnsaid:
      case ToolChoice::kAuto:
        json_.member("mode", "AUTO");
        break;
      case ToolChoice::kNone:
        json_.member("mode", "NONE");
        break;
      case ToolChoice::kRequired:
        json_.member("mode", "ANY");
        break;
      case ToolChoice::kNamed:
        json_.member("mode", "ANY").name("allowedFunctionNames").array().value(prompt_.choice_name).end_array();
        break;
    }
    json_.end_object().end_object();
  }

  void write_config() {
    std::string text;
    JsonWriter config(text);
    config.object();
    if (prompt_.max_tokens) config.member("maxOutputTokens", *prompt_.max_tokens);
    if (prompt_.temperature) config.member("temperature", *prompt_.temperature);
    if (prompt_.top_p) config.member("topP", *prompt_.top_p);
    if (prompt_.seed) config.member("seed", *prompt_.seed);
    if (prompt_.presence_penalty) config.member("presencePenalty", *prompt_.presence_penalty);
    if (prompt_.frequency_penalty) config.member("frequencyPenalty", *prompt_.frequency_penalty);
    if (prompt_.stop.size() > kMostStops) refuse("stop: Gemini takes five at most");
    if (!prompt_.stop.empty()) {
      config.name("stopSequences").array();
      for (const std::string_view stop : prompt_.stop) config.value(stop);
      config.end_array();
    }
    if (prompt_.format != Format::kText) config.member("responseMimeType", "application/json");
    if (prompt_.format == Format::kJsonSchema) config.member("responseJsonSchema", *prompt_.schema);
    write_thinking(config);
    config.end_object();
    if (text.size() > 2) json_.member_raw("generationConfig", text);
  }

  void write_thinking(JsonWriter& config) {
    if (prompt_.effort == Effort::kUnsaid && !prompt_.show_thoughts) return;
    config.name("thinkingConfig").object();
    if (prompt_.effort != Effort::kUnsaid) {
      if (version_ >= kLevels) {
        write_level(config);
      } else {
        write_budget(config);
      }
    }
    if (prompt_.show_thoughts) config.member("includeThoughts", true);
    config.end_object();
  }

  void write_level(JsonWriter& config) {
    switch (prompt_.effort) {
      case Effort::kUnsaid:
        break;
      case Effort::kNone:
        refuse("reasoning_effort: this Gemini model always thinks; the least is minimal");
        break;
      case Effort::kMinimal:
        config.member("thinkingLevel", "minimal");
        break;
      case Effort::kLow:
        config.member("thinkingLevel", "low");
        break;
      case Effort::kMedium:
        config.member("thinkingLevel", "medium");
        break;
      case Effort::kHigh:
      case Effort::kXhigh:
        config.member("thinkingLevel", "high");
        break;
    }
  }

  // The numbers of Google's own OpenAI face.
  void write_budget(JsonWriter& config) {
    const int budget = prompt_.effort == Effort::kNone                                        ? 0
                       : prompt_.effort == Effort::kMinimal || prompt_.effort == Effort::kLow ? 1024
                       : prompt_.effort == Effort::kMedium                                    ? 8192
                                                                                              : 24576;
    config.member("thinkingBudget", budget);
  }

  const Prompt& prompt_;
  const ModelVersion version_;
  const Provider provider_;
  std::string out_;
  JsonWriter json_;
  std::string problem_;
};

}  // namespace

Result<std::string> gemini_request(const Prompt& prompt, std::string_view model, Provider provider) {
  return Writer(prompt, model, provider).write();
}

}  // namespace moongate::openai
