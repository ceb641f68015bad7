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
  kClaudeError
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
};

constexpr FieldRule kClaudeDocument[] = {
    {"type", kType}, {"message", kMessage}, {"usage", kUsage}, {"model", kModel}, {"error", kClaudeError}};
constexpr FieldRule kClaudeMessage[] = {{"model", kModel}, {"usage", kUsage}};
constexpr FieldRule kClaudeUsage[] = {
    {"input_tokens", kInput},
    {"output_tokens", kOutput},
    {"cache_creation_input_tokens", kCacheWrite},
    {"cache_read_input_tokens", kCacheRead},
    {"cache_creation", kCacheCreation},
    {"server_tool_use", kServerTools},
    {"output_tokens_details", kOutputDetails},
};
constexpr FieldRule kClaudeCache[] = {{"ephemeral_5m_input_tokens", kCacheWrite5m},
                                      {"ephemeral_1h_input_tokens", kCacheWrite1h}};
constexpr FieldRule kClaudeTools[] = {{"web_search_requests", kWebSearches}};
constexpr FieldRule kClaudeDetails[] = {{"thinking_tokens", kThinking}};
constexpr FieldNode kClaudeTable[] = {{kClaudeDocument},
                                      {kClaudeMessage},
                                      {kClaudeUsage},
                                      {kClaudeCache},
                                      {kClaudeTools},
                                      {kClaudeDetails},
                                      {}};

constexpr FieldRule kGoogleDocument[] = {{"candidates", kCandidate},   {"usageMetadata", kUsageMetadata},
                                         {"modelVersion", kModel},     {"promptFeedback", kPromptFeedback},
                                         {"predictions", kPrediction}, {"error", kGoogleError}};
constexpr FieldRule kGoogleCandidate[] = {{"finishReason", kFinish}};
constexpr FieldRule kGoogleFeedback[] = {{"blockReason", kFinish}};
constexpr FieldRule kGoogleUsage[] = {
    {"promptTokenCount", kPrompt},
    {"candidatesTokenCount", kCandidates},
    {"thoughtsTokenCount", kThoughts},
    {"cachedContentTokenCount", kCached},
    {"toolUsePromptTokenCount", kToolPrompt},
    {"promptTokensDetails", kPromptDetails},
    {"cacheTokensDetails", kCacheDetails},
};
constexpr FieldRule kGoogleModality[] = {{"modality", kModality}, {"tokenCount", kModalityTokens}};
constexpr FieldRule kGooglePrediction[] = {{"embeddings", kEmbedding}};
constexpr FieldRule kGoogleEmbedding[] = {{"statistics", kStatistics}};
constexpr FieldRule kGoogleStatistics[] = {{"token_count", kTextTokens}};
constexpr FieldNode kGoogleTable[] = {
    {kGoogleDocument}, {kGoogleCandidate},  {kGoogleFeedback},  {kGoogleUsage},      {kGoogleModality},
    {kGoogleModality}, {kGooglePrediction}, {kGoogleEmbedding}, {kGoogleStatistics}, {}};

std::int64_t or_zero(std::int64_t value) { return std::max<std::int64_t>(value, 0); }

}  // namespace

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

void UsageTally::on_number(std::uint8_t leaf, std::int64_t value) {
  if (family_ == Family::kGoogle) {
    google_number(leaf, value);
  } else {
    claude_number(leaf, value);
  }
}

void UsageTally::claude_number(std::uint8_t leaf, std::int64_t value) {
  switch (leaf) {
    case kInput:
      usage_.input = value;
      break;
    case kOutput:
      usage_.output = value;
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
      usage_.output = value;
      break;
    case kThoughts:
      usage_.thoughts = value;
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
      if (value.starts_with("content_block") || value == "ping") return false;
      if (value == "message_stop") says_final_ = true;
      if (value == "error") says_error_ = true;
      break;
    default:
      break;
  }
  return true;
}

void UsageTally::on_enter(std::uint8_t node) {
  if (node == 0) {
    says_final_ = false;
    says_error_ = false;
    embedded_ = 0;
  } else if (family_ == Family::kClaude) {
    if (node == kUsage) short_tier_told_ = false;
    if (node == kClaudeError) says_error_ = true;
  } else {
    if (node == kGoogleError) says_error_ = true;
    item_tokens_ = Usage::kUnset;
    item_is_audio_ = false;
  }
}

void UsageTally::on_leave(std::uint8_t node) {
  if (node == 0) {
    ++documents_;
    saw_final_ |= says_final_;
    saw_error_ |= says_error_;
  }
  if (family_ != Family::kGoogle || item_tokens_ < 0) return;
  if (node == kPromptDetails && item_is_audio_) {
    audio_prompt_ = item_tokens_;
    derive_google();
  } else if (node == kCacheDetails && item_is_audio_) {
    audio_cached_ = item_tokens_;
    derive_google();
  } else if (node == kStatistics) {
    // One answer to several texts tells each text's tokens: the only place where numbers are summed up.
    embedded_ += std::min(item_tokens_, std::numeric_limits<std::int64_t>::max() - embedded_);
    usage_.input = embedded_;
  }
  item_tokens_ = Usage::kUnset;
}

}  // namespace moongate
