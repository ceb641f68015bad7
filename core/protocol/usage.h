// Token usage of an answer, as every provider's reply tells it, in one shape.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/api.h"
#include "protocol/field_walker.h"

namespace moongate {

// A short word of an answer, kept in place; a longer one is cut.
template <std::size_t kLongest>
class UsageWord {
 public:
  std::string_view view() const { return {bytes_, size_}; }
  void assign(std::string_view word) {
    size_ = static_cast<std::uint8_t>(std::min(word.size(), sizeof bytes_));
    std::memcpy(bytes_, word.data(), size_);
  }
  bool operator==(const UsageWord& other) const { return view() == other.view(); }

 private:
  char bytes_[kLongest] = {};
  std::uint8_t size_ = 0;
};

// Counts of tokens. "unset" is kUnset, so that a field never reported differs from a reported zero.
struct Usage {
  static constexpr std::int64_t kUnset = -1;
  std::int64_t input = kUnset;  // uncached input (Gemini: prompt minus cached)
  std::int64_t cache_write_5m = kUnset;
  std::int64_t cache_write_1h = kUnset;
  std::int64_t cache_read = kUnset;
  std::int64_t output = kUnset;    // visible output (Gemini: candidates; Anthropic: all of output_tokens)
  std::int64_t thoughts = kUnset;  // Gemini: billed beside output; Anthropic: a subset of output, informative
  std::int64_t tool_prompt = kUnset;  // Gemini toolUsePromptTokenCount
  std::int64_t audio_input = kUnset;   // part of input
  std::int64_t audio_output = kUnset;  // part of output
  std::int64_t web_searches = kUnset;
  std::int64_t images = kUnset;    // made, by models that are paid by the image (Vertex predict)
  std::int64_t video_ms = kUnset;  // no answer tells it; whoever knows the request may
  // Of generated text (arguments of calls and thoughts included, as JSON writes it) since output was last
  // reported, 0 when everything is: what an answer that broke off can be estimated by.
  std::int64_t uncounted_text_bytes = 0;
  // How it was served, in one vocabulary: "standard", "batch", "priority", "flex", "provisioned"; what else a
  // provider says stands as it is, in small letters. Empty: it did not say.
  UsageWord<11> service_tier;
  UsageWord<13> inference_geo;  // Anthropic: "global", "us", "not_available"
  UsageWord<8> speed;           // Anthropic: "standard", "fast"
  bool complete = false;  // the final report was seen (message_stop, finishReason, plain body's end)
  bool any() const { return input >= 0 || output >= 0 || cache_read >= 0 || images >= 0 || video_ms >= 0; }
  bool operator==(const Usage&) const = default;
};

inline constexpr std::size_t kRawUsageBytes = 2048;

// How the answer's body is laid out, from its Content-Type and the request.
enum class BodyForm : std::uint8_t { kJson, kSse, kJsonArray, kOpaque };

// Turns what a walk through an answer's documents finds into Usage. Part of UsageReader.
class UsageTally final : public FieldSink {
 public:
  enum class Family : std::uint8_t { kNone, kClaude, kGoogle };
  static Family family_of(Dialect dialect);
  static FieldTable table_of(Family family);
  static std::uint8_t delta_root();  // of Claude's table: the data of a content_block_delta

  explicit UsageTally(Family family);
  ~UsageTally();
  UsageTally(UsageTally&&) noexcept;
  UsageTally& operator=(UsageTally&&) noexcept;

  void on_number(std::uint8_t leaf, std::int64_t value) override;
  bool on_text(std::uint8_t leaf, std::string_view value) override;
  void on_enter(std::uint8_t node) override;
  void on_leave(std::uint8_t node) override;
  void on_length(std::uint8_t leaf, std::uint64_t bytes) override;
  void on_raw(std::string_view bytes) override;
  void add_text(std::uint64_t bytes);  // generated text, not counted yet

  const Usage& usage() const { return usage_; }
  Usage& usage() { return usage_; }
  std::string_view model() const { return {model_, model_size_}; }
  std::string raw_usage() const;
  Family family() const { return family_; }
  // A complete document said that it is the stream's last; that it is an error.
  bool saw_final() const { return saw_final_; }
  bool saw_error() const { return saw_error_; }
  std::uint64_t documents() const { return documents_; }  // complete objects of the outermost level

 private:
  void claude_number(std::uint8_t leaf, std::int64_t value);
  void google_number(std::uint8_t leaf, std::int64_t value);
  void derive_google();
  void tell_output(std::int64_t value);
  void leave_google(std::uint8_t node);

  struct RawUsage;
  Usage usage_;
  std::unique_ptr<RawUsage> raw_;  // from the first usage object on
  std::uint64_t documents_ = 0;
  std::int64_t total_ = Usage::kUnset;  // Claude: cache writes of all tiers; Gemini: the whole prompt
  std::int64_t audio_prompt_ = Usage::kUnset;
  std::int64_t audio_cached_ = Usage::kUnset;
  std::int64_t embedded_ = 0;  // Vertex embeddings: the texts of the document at hand together
  std::int64_t item_tokens_ =
      Usage::kUnset;  // of the {modality, tokenCount} being read; of one embedded text
  std::int32_t images_ = 0;  // of the document at hand
  Family family_;
  bool item_is_audio_ = false;
  bool item_is_image_ = false;     // the prediction being read
  bool in_message_ = false;        // of message_start
  bool in_content_ = false;        // the document at hand is a piece of content: what it counts is no usage
  bool output_told_ = false;       // by the document at hand
  bool short_tier_told_ = false;  // the usage object at hand names the 5-minute tier itself
  bool says_final_ = false;       // the document at hand
  bool says_error_ = false;
  bool saw_final_ = false;
  bool saw_error_ = false;
  std::uint8_t model_size_ = 0;
  char model_[ShortString::kCapacity];
};

// Reads usage out of an answer's *decoded* payload (no chunk framing, no compression) while it flows by.
// Fed with pieces cut anywhere. sizeof is what it costs an idle stream, and a few hundred bytes of heap from its first
// usage object on, at most kRawUsageBytes a kept object.
class UsageReader {
 public:
  UsageReader(Dialect answer_dialect, BodyForm form);
  ~UsageReader();
  UsageReader(UsageReader&&) noexcept;
  UsageReader& operator=(UsageReader&&) noexcept;

  void feed(std::string_view payload);
  // Field by field, later non-null wins; nothing is ever added from event to event (wire rule of all
  // dialects).
  const Usage& usage() const { return tally_.usage(); }
  // SSE and arrays: the stream's own final event was seen (message_stop; a chunk with finishReason or
  // blockReason), or its own error event. False at a clean end of transport means that the answer was cut. An
  // event counts once it is complete, with its blank line: clients drop one that is not. kJson: the document
  // is complete.
  bool final_event_seen() const { return final_; }
  bool error_event_seen() const { return error_; }
  // True when the bytes so far end between two events (a comment or an error event may be put here), or for
  // kJsonArray outside every element of an array that is still open or has not begun. Between the CR and the
  // LF of one line end: false. kJson and kOpaque: only before the first byte.
  bool at_event_boundary() const;
  // kJsonArray: how many elements have been completed.
  std::uint64_t elements() const { return tally_.documents(); }
  // kJsonArray: what error_array_tail() needs to know.
  ArrayPosition array_position() const;
  // The model that the answer itself names, empty until known; cut at 80 bytes.
  std::string_view model() const { return tally_.model(); }
  // The provider's own usage object as it was sent, the last one seen complete; cut at kRawUsageBytes. Anthropic streams
  // have two, each half of the truth: {"message_start":{…},"message_delta":{…}}. Empty: none was seen.
  std::string raw_usage() const { return tally_.raw_usage(); }

 private:
  enum class Line : std::uint8_t { kStart, kName, kBeforeEvent, kEvent, kBeforeData, kData, kSkip };
  enum class Event : std::uint8_t { kUnnamed, kDelta, kContent, kStop, kError };
  static constexpr std::size_t kWord = 20;  // longer than any name that matters

  void feed_sse(const char* p, const char* end);
  const char* skip_mark(const char* p, const char* end);
  const char* start_line(const char* p, const char* end);
  const char* read_name(const char* p, const char* end);
  const char* read_event_name(const char* p, const char* end);
  const char* read_data(const char* p, const char* end);
  const char* measure_delta(const char* p, const char* end);
  const char* end_line(const char* p);
  void begin_data();
  void end_event();
  void commit_document();
  void keep_word(const char* p, const char* end);

  UsageTally tally_;
  FieldWalker walker_;
  BodyForm form_;
  Line line_ = Line::kStart;
  Event event_ = Event::kUnnamed;
  std::uint8_t mark_ = 0;  // bytes of a byte order mark taken; kNoMark: past the place where one may be
  std::uint8_t word_size_ = 0;
  bool pending_ = false;  // the event at hand has fields
  bool has_data_ = false;
  bool after_cr_ = false;  // the last byte was a CR that ended a line
  bool open_cr_ = false;   // and an LF that belongs to it may follow
  bool lone_cr_ = false;   // this stream ends lines with CR alone
  bool started_ = false;
  bool final_ = false;
  bool error_ = false;
  char word_[kWord];  // a field's name, or an event's
};

}  // namespace moongate
