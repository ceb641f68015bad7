// What the providers' replies call their counts, and how those become Usage.
#include <algorithm>
#include <cstring>
#include <limits>

#include "protocol/usage.h"

namespace moongate {
namespace {

// Nodes of both tables; 0 is the document in each.
enum ClaudeNode : std::uint8_t {
  kMessage = 1,
  kUsage,
  kCacheCreation,
  kServerTools,
  kOutputDetails,
  kClaudeError,
  kDelta,
  kBlock,
  kDeltaDocument,
};
enum GoogleNode : std::uint8_t {
  kCandidate = 1,
  kPromptFeedback,
  kUsageMetadata,
  kPromptDetails,
  kCacheDetails,
  kPrediction,
  kEmbedding,
  kStatistics,
  kGoogleError,
  kContent,
  kPart,
  kCandidateDetails,
};
enum Leaf : std::uint8_t {
  kType = kFirstLeaf,
  kModel,
  kInput,
  kOutput,
  kCacheWrite,
  kCacheRead,
  kCacheWrite5m,
  kCacheWrite1h,
  kWebSearches,
  kThinking,
  kFinish,
  kPrompt,
  kCandidates,
  kThoughts,
  kCached,
  kToolPrompt,
  kModality,
  kModalityTokens,
  kTextTokens,
  kServiceTier,
  kGeo,
  kSpeed,
  kMimeType,
  kGenerated = kFirstMeasured,
};

constexpr FieldRule kClaudeDocument[] = {
    {"type", kType},   {"message", kMessage},    {"usage", kUsage},   {"model", kModel},
    {"delta", kDelta}, {"error", kClaudeError}, {"content", kBlock}};
constexpr FieldRule kClaudeMessage[] = {{"model", kModel}, {"usage", kUsage}};
constexpr FieldRule kClaudeUsage[] = {
    {"input_tokens", kInput},
    {"output_tokens", kOutput},
    {"cache_creation_input_tokens", kCacheWrite},
    {"cache_read_input_tokens", kCacheRead},
    {"cache_creation", kCacheCreation},
    {"server_tool_use", kServerTools},
    {"output_tokens_details", kOutputDetails},
    {"service_tier", kServiceTier},
    {"inference_geo", kGeo},
    {"speed", kSpeed},
};
constexpr FieldRule kClaudeCache[] = {{"ephemeral_5m_input_tokens", kCacheWrite5m},
                                      {"ephemeral_1h_input_tokens", kCacheWrite1h}};
constexpr FieldRule kClaudeTools[] = {{"web_search_requests", kWebSearches}};
constexpr FieldRule kClaudeDetails[] = {{"thinking_tokens", kThinking}};
constexpr FieldRule kClaudeDelta[] = {
    {"text", kGenerated}, {"thinking", kGenerated}, {"partial_json", kGenerated}};
constexpr FieldRule kClaudeDeltaDocument[] = {{"delta", kDelta}};
constexpr FieldRule kClaudeBlock[] = {{"text", kGenerated}, {"thinking", kGenerated}, {"input", kGenerated}};
constexpr FieldNode kClaudeTable[] = {{kClaudeDocument}, {kClaudeMessage}, {kClaudeUsage, true},
                                      {kClaudeCache},    {kClaudeTools},   {kClaudeDetails},
                                      {},                {kClaudeDelta},   {kClaudeBlock},
                                      {kClaudeDeltaDocument}};

constexpr FieldRule kGoogleDocument[] = {{"candidates", kCandidate},   {"usageMetadata", kUsageMetadata},
                                         {"modelVersion", kModel},     {"promptFeedback", kPromptFeedback},
                                         {"predictions", kPrediction}, {"error", kGoogleError}};
constexpr FieldRule kGoogleCandidate[] = {{"finishReason", kFinish}, {"content", kContent}};
constexpr FieldRule kGoogleContent[] = {{"parts", kPart}};
constexpr FieldRule kGooglePart[] = {
    {"text", kGenerated}, {"functionCall", kGenerated}, {"executableCode", kGenerated}};
constexpr FieldRule kGoogleFeedback[] = {{"blockReason", kFinish}};
constexpr FieldRule kGoogleUsage[] = {
    {"promptTokenCount", kPrompt},
    {"candidatesTokenCount", kCandidates},
    {"thoughtsTokenCount", kThoughts},
    {"cachedContentTokenCount", kCached},
    {"toolUsePromptTokenCount", kToolPrompt},
    {"promptTokensDetails", kPromptDetails},
    {"cacheTokensDetails", kCacheDetails},
    {"candidatesTokensDetails", kCandidateDetails},
    {"trafficType", kServiceTier},
    {"serviceTier", kServiceTier},
};
constexpr FieldRule kGoogleModality[] = {{"modality", kModality}, {"tokenCount", kModalityTokens}};
constexpr FieldRule kGooglePrediction[] = {{"embeddings", kEmbedding}, {"mimeType", kMimeType}};
constexpr FieldRule kGoogleEmbedding[] = {{"statistics", kStatistics}};
constexpr FieldRule kGoogleStatistics[] = {{"token_count", kTextTokens}};
constexpr FieldNode kGoogleTable[] = {
    {kGoogleDocument}, {kGoogleCandidate},  {kGoogleFeedback},  {kGoogleUsage, true}, {kGoogleModality},
    {kGoogleModality}, {kGooglePrediction}, {kGoogleEmbedding}, {kGoogleStatistics},  {},
    {kGoogleContent},  {kGooglePart},       {kGoogleModality}};

std::int64_t or_zero(std::int64_t value) { return std::max<std::int64_t>(value, 0); }

// Vertex tells a kind of traffic, the others a tier.
void assign_tier(UsageWord<11>& tier, std::string_view value) {
  constexpr std::string_view kOnDemand = "ON_DEMAND";
  if (value.ends_with("_UNSPECIFIED")) return;
  if (value == kOnDemand) return tier.assign("standard");
  if (value == "PROVISIONED_THROUGHPUT") return tier.assign("provisioned");
  for (const std::string_view prefix : {std::string_view("ON_DEMAND_"), std::string_view("SERVICE_TIER_")}) {
    if (value.starts_with(prefix)) value.remove_prefix(prefix.size());
  }
  char small[11];
  const std::size_t size = std::min(value.size(), sizeof small);
  std::transform(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(size), small,
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  tier.assign({small, size});
}

}  // namespace

constexpr std::size_t kUsualRawUsage = 512;

struct UsageTally::RawUsage {
  std::string begun;          // of the object being read
  std::string message_start;  // Anthropic's streams
  std::string last;
};

UsageTally::UsageTally(Family family) : family_(family) {}
UsageTally::~UsageTally() = default;
UsageTally::UsageTally(UsageTally&&) noexcept = default;
UsageTally& UsageTally::operator=(UsageTally&&) noexcept = default;

UsageTally::Family UsageTally::family_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::kAnthropic:
    case Dialect::kVertexClaude:
      return Family::kClaude;
    case Dialect::kGemini:
    case Dialect::kVertexGemini:
      return Family::kGoogle;
    case Dialect::kOpenAi:
    case Dialect::kPlain:
      break;
  }
  return Family::kNone;
}

FieldTable UsageTally::table_of(Family family) {
  static constexpr FieldNode kNothing[] = {{}};
  if (family == Family::kClaude) return kClaudeTable;
  if (family == Family::kGoogle) return kGoogleTable;
  return kNothing;
}

std::uint8_t UsageTally::delta_root() { return kDeltaDocument; }

void UsageTally::on_number(std::uint8_t leaf, std::int64_t value) {
  if (family_ == Family::kGoogle) {
    google_number(leaf, value);
  } else if (!in_content_) {
    claude_number(leaf, value);
  }
}

void UsageTally::claude_number(std::uint8_t leaf, std::int64_t value) {
  switch (leaf) {
    case kInput:
      usage_.input = value;
      break;
    case kOutput:
      tell_output(value);
      break;
    case kCacheRead:
      usage_.cache_read = value;
      break;
    case kWebSearches:
      usage_.web_searches = value;
      break;
    case kThinking:
      usage_.thoughts = value;
      break;
    case kCacheWrite:
      total_ = value;
      usage_.cache_write_5m = or_zero(total_ - or_zero(usage_.cache_write_1h));
      break;
    case kCacheWrite5m:
      usage_.cache_write_5m = value;
      short_tier_told_ = true;
      break;
    case kCacheWrite1h:
      usage_.cache_write_1h = value;
      if (!short_tier_told_ && total_ >= 0) usage_.cache_write_5m = or_zero(total_ - value);
      break;
    default:
      break;
  }
}

void UsageTally::google_number(std::uint8_t leaf, std::int64_t value) {
  switch (leaf) {
    case kPrompt:
      total_ = value;
      derive_google();
      break;
    case kCached:
      usage_.cache_read = value;
      derive_google();
      break;
    case kCandidates:
      tell_output(value);
      break;
    case kThoughts:
      usage_.thoughts = value;
      usage_.uncounted_text_bytes = 0;
      output_told_ = true;
      break;
    case kToolPrompt:
      usage_.tool_prompt = value;
      break;
    case kModalityTokens:
    case kTextTokens:
      item_tokens_ = value;
      break;
    default:
      break;
  }
}

void UsageTally::tell_output(std::int64_t value) {
  usage_.output = value;
  usage_.uncounted_text_bytes = 0;
  output_told_ = true;
}

void UsageTally::on_length(std::uint8_t leaf, std::uint64_t bytes) { add_text(bytes); }

void UsageTally::add_text(std::uint64_t bytes) {
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() - usage_.uncounted_text_bytes);
  usage_.uncounted_text_bytes += static_cast<std::int64_t>(std::min(bytes, most));
}

void UsageTally::on_raw(std::string_view bytes) {
  raw_->begun.append(bytes.substr(0, kRawUsageBytes - std::min(raw_->begun.size(), kRawUsageBytes)));
}

std::string UsageTally::raw_usage() const {
  if (raw_ == nullptr) return {};
  if (raw_->message_start.empty()) return raw_->last;
  constexpr std::size_t kEach = (kRawUsageBytes - 48) / 2;
  std::string both = R"({"message_start":)" + raw_->message_start.substr(0, kEach);
  if (!raw_->last.empty()) both += R"(,"message_delta":)" + raw_->last.substr(0, kEach);
  return both + "}";
}

void UsageTally::derive_google() {
  if (total_ >= 0) usage_.input = or_zero(total_ - or_zero(usage_.cache_read));
  if (audio_prompt_ >= 0) usage_.audio_input = or_zero(audio_prompt_ - or_zero(audio_cached_));
}

bool UsageTally::on_text(std::uint8_t leaf, std::string_view value) {
  switch (leaf) {
    case kModel:
      model_size_ = static_cast<std::uint8_t>(std::min(value.size(), sizeof model_));
      std::memcpy(model_, value.data(), model_size_);
      break;
    case kModality:
      item_is_audio_ = value == "AUDIO";
      break;
    case kFinish:
      // proto3's zero value, which says nothing
      if (!value.ends_with("_UNSPECIFIED")) says_final_ = true;
      break;
    case kType:
      if (value == "content_block_delta") {
        in_content_ = true;
      } else if (value == "ping" || value.starts_with("content_block")) {
        return false;
      }
      if (value == "message_stop") says_final_ = true;
      if (value == "error") says_error_ = true;
      break;
    case kServiceTier:
      assign_tier(usage_.service_tier, value);
      break;
    case kGeo:
      usage_.inference_geo.assign(value);
      break;
    case kSpeed:
      usage_.speed.assign(value);
      break;
    case kMimeType:
      item_is_image_ = value.starts_with("image/");
      break;
    default:
      break;
  }
  return true;
}

void UsageTally::on_enter(std::uint8_t node) {
  const bool raw = node == (family_ == Family::kClaude ? std::uint8_t{kUsage} : std::uint8_t{kUsageMetadata});
  if (node == 0) {
    says_final_ = false;
    says_error_ = false;
    output_told_ = false;
    in_message_ = false;
    in_content_ = false;
    embedded_ = 0;
    images_ = 0;
  } else if (raw) {
    if (raw_ == nullptr) raw_ = std::make_unique<RawUsage>();
    raw_->begun.clear();
    raw_->begun.reserve(kUsualRawUsage);
    short_tier_told_ = false;
  }
  if (family_ == Family::kClaude) {
    if (node == kMessage) in_message_ = true;
    if (node == kClaudeError) says_error_ = true;
    return;
  }
  if (node == kGoogleError) says_error_ = true;
  if (node == kPrediction) item_is_image_ = false;
  item_tokens_ = Usage::kUnset;
  item_is_audio_ = false;
}

void UsageTally::on_leave(std::uint8_t node) {
  if (node == 0) {
    ++documents_;
    saw_final_ |= says_final_;
    saw_error_ |= says_error_;
    // What the document told as output holds its text, too, whichever came first.
    if (output_told_) usage_.uncounted_text_bytes = 0;
  } else if (family_ == Family::kGoogle) {
    leave_google(node);
  } else if (node == kMessage) {
    in_message_ = false;
  } else if (node == kUsage && !in_content_) {
    std::swap(raw_->begun, in_message_ ? raw_->message_start : raw_->last);
  }
}

void UsageTally::leave_google(std::uint8_t node) {
  if (node == kUsageMetadata) std::swap(raw_->begun, raw_->last);
  if (node == kPrediction && item_is_image_) usage_.images = ++images_;
  if (item_tokens_ < 0) return;
  if (node == kPromptDetails && item_is_audio_) {
    audio_prompt_ = item_tokens_;
    derive_google();
  } else if (node == kCacheDetails && item_is_audio_) {
    audio_cached_ = item_tokens_;
    derive_google();
  } else if (node == kCandidateDetails && item_is_audio_) {
    usage_.audio_output = item_tokens_;
  } else if (node == kStatistics) {
    // One answer to several texts tells each text's tokens: the only place where numbers are summed up.
    embedded_ += std::min(item_tokens_, std::numeric_limits<std::int64_t>::max() - embedded_);
    usage_.input = embedded_;
  }
  item_tokens_ = Usage::kUnset;
}

}  // namespace moongate
