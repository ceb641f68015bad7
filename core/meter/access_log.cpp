#include "meter/access_log.h"

#include <array>
#include <charconv>
#include <cstring>

namespace moongate {
namespace {

constexpr std::size_t kBatchBytes = 64 * 1024;
constexpr std::size_t kLongestLine = 16 * 1024;  // beyond it (every text hostile and long) the batch grows once
constexpr std::size_t kLongestText = 512;        // of any field: a client chooses paths and models
constexpr std::size_t kTimePrefix = 20;          // "2026-11-20T20:03:05."

// Characters that stand in a JSON string as they are.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

bool all_plain(std::string_view text) {
  bool plain = true;
  for (const char c : text) plain &= kPlain[static_cast<unsigned char>(c)];
  return plain;
}

std::string_view bare_path(std::string_view path) {
  path = path.substr(0, path.find('?'));  // a query may hold ?key=
  return path.substr(0, path.find('#'));
}

// A line under construction. Names are literals with all that stands around them: `,"status":`.
class Line {
 public:
  explicit Line(std::string& out) : out_(out) {}

  void literal(std::string_view text) { out_.append(text); }

  void number(std::string_view name, std::int64_t value) {
    char text[64];
    std::memcpy(text, name.data(), name.size());
    const auto end = std::to_chars(text + name.size(), text + sizeof text, value).ptr;
    out_.append(text, end);
  }
  void number_unless_negative(std::string_view name, std::int64_t value) {
    if (value >= 0) number(name, value);
  }

  // `name` includes the opening quote of the value. Nothing for an empty text.
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    const bool cut = value.size() > kLongestText;
    if (cut) value = cut_text(value);
    out_.append(name);
    if (all_plain(value)) {
      out_.append(value);
    } else {
      append_json_escaped(out_, value);
    }
    out_.append(cut ? "\xE2\x80\xA6\"" : "\"");
  }

 private:
  // Not in the middle of a character.
  static std::string_view cut_text(std::string_view value) {
    std::size_t size = kLongestText;
    for (int i = 0; i < 3 && (static_cast<unsigned char>(value[size]) & 0xc0) == 0x80; ++i) --size;
    return value.substr(0, size);
  }

  std::string& out_;
};

void append_usage(Line& line, const AccessRecord& record) {
  const Usage& usage = record.usage;
  line.number_unless_negative(",\"input_tokens\":", usage.input);
  line.number_unless_negative(",\"cache_write_5m_tokens\":", usage.cache_write_5m);
  line.number_unless_negative(",\"cache_write_1h_tokens\":", usage.cache_write_1h);
  line.number_unless_negative(",\"cache_read_tokens\":", usage.cache_read);
  line.number_unless_negative(",\"output_tokens\":", usage.output);
  line.number_unless_negative(",\"thought_tokens\":", usage.thoughts);
  line.number_unless_negative(",\"tool_prompt_tokens\":", usage.tool_prompt);
  line.number_unless_negative(",\"audio_input_tokens\":", usage.audio_input);
  line.number_unless_negative(",\"web_searches\":", usage.web_searches);
  if (usage.any() && !usage.complete) line.literal(",\"usage_partial\":true");
  if (record.usage_estimated) line.literal(",\"usage_estimated\":true");
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPending: return "pending";
    case Outcome::kDone: return "done";
    case Outcome::kRejected: return "rejected";
    case Outcome::kClientGone: return "client-gone";
    case Outcome::kUpstreamCut: return "upstream-cut";
    case Outcome::kTimeout: return "timeout";
    case Outcome::kError: return "error";
  }
  return "error";
}

void AccessLog::write(const AccessRecord& record) {
  if (batch_.capacity() < kBatchBytes + kLongestLine) batch_.reserve(kBatchBytes + kLongestLine);
  const std::int64_t ms = record.unix_ns / 1'000'000;
  if (ms / 1000 != second_) {
    second_ = ms / 1000;
    const std::string time = format_utc_ms(second_ * 1000);
    std::memcpy(prefix_, time.data(), kTimePrefix);
  }
  Line line(batch_);
  line.literal("{\"time\":\"");
  line.literal({prefix_, kTimePrefix});
  const int milli = static_cast<int>(ms % 1000);
  const char digits[] = {static_cast<char>('0' + milli / 100), static_cast<char>('0' + milli / 10 % 10),
                         static_cast<char>('0' + milli % 10), 'Z', '"'};
  line.literal({digits, sizeof digits});
  line.text(",\"request_id\":\"", record.request_id);
  line.text(",\"client\":\"", record.client);
  line.text(",\"client_address\":\"", record.client_address);
  line.text(",\"account\":\"", record.account);
  line.text(",\"provider\":\"", record.provider);
  line.text(",\"dialect\":\"", record.dialect);
  line.text(",\"operation\":\"", record.operation);
  line.text(",\"method\":\"", record.method);
  line.text(",\"path\":\"", bare_path(record.path));
  line.text(",\"model\":\"", record.model);
  if (record.upstream_model != record.model) line.text(",\"upstream_model\":\"", record.upstream_model);
  line.number(",\"status\":", record.status);
  if (record.upstream_status != 0) line.number(",\"upstream_status\":", record.upstream_status);
  line.text(",\"outcome\":\"", to_string(record.outcome));
  line.number(",\"attempts\":", record.attempts);
  line.literal(record.stream ? ",\"stream\":true" : ",\"stream\":false");
  append_usage(line, record);
  line.number_unless_negative(",\"ttfb_us\":", record.ttfb_us);
  line.number(",\"duration_us\":", record.duration_us);
  line.number(",\"bytes_in\":", static_cast<std::int64_t>(record.bytes_in));
  line.number(",\"bytes_out\":", static_cast<std::int64_t>(record.bytes_out));
  line.text(",\"error\":\"", record.error);
  line.literal("}\n");
  if (batch_.size() >= kBatchBytes) flush();
}

void AccessLog::flush() {
  if (batch_.empty()) return;
  sink_.append(batch_);  // a copy of just its size: the batch keeps its memory
  batch_.clear();
}

}  // namespace moongate
