#include "meter/ledger_entry.h"

#include <algorithm>
#include <iterator>

#include "base/utf8.h"
#include "meter/usage_cost.h"

namespace moongate {
namespace {

constexpr char kVersion = 1;
constexpr std::uint64_t kMostFields = 256;  // of either list, in an entry that a later version wrote

// The order is the format: append only.
constexpr std::string LedgerRecord::* kTexts[] = {
    &LedgerRecord::request_id, &LedgerRecord::gateway,  &LedgerRecord::client,         &LedgerRecord::key_id,
    &LedgerRecord::user_id,    &LedgerRecord::provider, &LedgerRecord::account,        &LedgerRecord::location,
    &LedgerRecord::model,      &LedgerRecord::upstream_model, &LedgerRecord::operation, &LedgerRecord::outcome,
    &LedgerRecord::service_tier, &LedgerRecord::inference_geo, &LedgerRecord::speed,   &LedgerRecord::raw_usage,
    &LedgerRecord::price_id,
};
// After two of their own: the flags, and the status.
constexpr std::int64_t LedgerRecord::* kNumbers[] = {
    &LedgerRecord::ended_at_ms,         &LedgerRecord::input_tokens,        &LedgerRecord::cache_write_5m_tokens,
    &LedgerRecord::cache_write_1h_tokens, &LedgerRecord::cache_read_tokens, &LedgerRecord::output_tokens,
    &LedgerRecord::thought_tokens,      &LedgerRecord::tool_prompt_tokens,  &LedgerRecord::audio_input_tokens,
    &LedgerRecord::audio_output_tokens, &LedgerRecord::web_searches,        &LedgerRecord::images,
    &LedgerRecord::video_ms,            &LedgerRecord::cost_nano,           &LedgerRecord::billed_nano,
    &LedgerRecord::markup_ppm,          &LedgerRecord::duration_ms,         &LedgerRecord::first_byte_ms,
    &LedgerRecord::bytes_in,            &LedgerRecord::bytes_out,
};
constexpr std::uint64_t kOwnNumbers = 2;
enum Flag : std::uint8_t { kStream = 1, kEstimated = 2, kPriced = 4 };

std::size_t longest(std::string LedgerRecord::* text) {
  return text == &LedgerRecord::raw_usage ? kLedgerRawUsage : kLedgerText;
}
static_assert(std::size(kTexts) * (kLedgerText + 2) + kLedgerRawUsage + 2 + (std::size(kNumbers) + kOwnNumbers) * 10 + 8 <
              kLongestLedgerEntry);

// Not in the middle of a character.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  for (int i = 0; i < 3 && most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80; ++i) --most;
  return text.substr(0, most);
}

std::string clean(std::string_view text, std::size_t most) {
  std::string out;
  text = cut(text, most);
  if (is_valid_utf8(text) && text.find('\0') == text.npos) return std::string(text);
  while (!text.empty() && out.size() + 4 <= most) {
    const std::size_t length = text.front() == '\0' ? 0 : utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

std::int64_t counted(std::int64_t value) { return std::max<std::int64_t>(value, 0); }

void put(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}
void put_signed(std::string& out, std::int64_t value) {  // small negative numbers stay short
  put(out, static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    bad_ = true;
    return 0;
  }
  std::int64_t signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > left_.size()) {
      bad_ = true;
      return {};
    }
    const std::string_view found = left_.substr(0, size);
    left_.remove_prefix(size);
    return found;
  }
  bool bad() const { return bad_; }
  bool at_end() const { return left_.empty(); }

 private:
  std::string_view left_;
  bool bad_ = false;
};

Error no_entry(const char* why) { return Error(ErrorKind::kInvalid, std::string("is no ledger entry: ") + why); }

}  // namespace

LedgerRecord make_ledger_record(const AccessRecord& access, const LedgerFacts& facts, const UsageCost& cost) {
  const Usage& usage = access.usage;
  LedgerRecord record;
  record.request_id = clean(access.request_id, kLedgerText);
  record.ended_at_ms = access.unix_ns / 1'000'000;
  record.gateway = clean(facts.gateway, kLedgerText);
  record.client = clean(access.client, kLedgerText);
  record.key_id = clean(facts.key_id, kLedgerText);
  record.user_id = clean(facts.user_id, kLedgerText);
  record.provider = clean(access.provider, kLedgerText);
  record.account = clean(access.account, kLedgerText);
  record.location = clean(facts.location, kLedgerText);
  record.model = clean(access.model, kLedgerText);
  record.upstream_model = clean(access.upstream_model.empty() ? access.model : access.upstream_model, kLedgerText);
  record.operation = clean(access.operation, kLedgerText);
  record.outcome = to_string(access.outcome);
  record.status = access.status;
  record.stream = access.stream;
  record.estimated = access.usage_estimated || (usage.any() && !usage.complete);
  record.input_tokens = counted(usage.input);
  record.cache_write_5m_tokens = counted(usage.cache_write_5m);
  record.cache_write_1h_tokens = counted(usage.cache_write_1h);
  record.cache_read_tokens = counted(usage.cache_read);
  record.output_tokens = counted(usage.output);
  record.thought_tokens = counted(usage.thoughts);
  record.tool_prompt_tokens = counted(usage.tool_prompt);
  record.audio_input_tokens = counted(usage.audio_input);
  record.audio_output_tokens = counted(usage.audio_output);
  record.web_searches = counted(usage.web_searches);
  record.images = counted(usage.images);
  record.video_ms = counted(usage.video_ms);
  record.service_tier = facts.batch ? "batch" : clean(usage.service_tier.view(), kLedgerText);
  record.inference_geo = clean(usage.inference_geo.view(), kLedgerText);
  record.speed = clean(usage.speed.view(), kLedgerText);
  record.raw_usage = clean(facts.raw_usage, kLedgerRawUsage);
  record.priced = cost.priced;
  record.cost_nano = cost.cost_nano;
  record.billed_nano = cost.billed_nano;
  record.markup_ppm = facts.markup_ppm;
  record.price_id = clean(cost.price_id, kLedgerText);
  record.duration_ms = access.duration_us / 1000;
  record.first_byte_ms = access.ttfb_us < 0 ? -1 : access.ttfb_us / 1000;
  record.bytes_in = static_cast<std::int64_t>(access.bytes_in);
  record.bytes_out = static_cast<std::int64_t>(access.bytes_out);
  return record;
}

void encode(const LedgerRecord& record, std::string& out) {
  out.push_back(kVersion);
  put(out, std::size(kTexts));
  for (const auto text : kTexts) {
    const std::string_view value = cut(record.*text, longest(text));
    put(out, value.size());
    out += value;
  }
  put(out, std::size(kNumbers) + kOwnNumbers);
  put_signed(out, (record.stream ? kStream : 0) | (record.estimated ? kEstimated : 0) | (record.priced ? kPriced : 0));
  put_signed(out, record.status);
  for (const auto number : kNumbers) put_signed(out, record.*number);
}

Result<LedgerRecord> decode_ledger_record(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > 2 * kLongestLedgerEntry) return no_entry("its length is out of range");
  if (bytes.front() != kVersion) {
    return no_entry("its version is not known here; a newer moongate wrote it, start that one to ship it");
  }
  Reader reader(bytes.substr(1));
  LedgerRecord record;
  const std::uint64_t texts = reader.number();
  if (texts > kMostFields) return no_entry("too many texts");
  for (std::uint64_t i = 0; i < texts && !reader.bad(); ++i) {
    const std::string_view text = reader.text();
    if (i < std::size(kTexts)) record.*kTexts[i] = text;
  }
  const std::uint64_t numbers = reader.number();
  if (numbers > kMostFields) return no_entry("too many numbers");
  for (std::uint64_t i = 0; i < numbers && !reader.bad(); ++i) {
    const std::int64_t number = reader.signed_number();
    if (i == 0) {
      record.stream = (number & kStream) != 0;
      record.estimated = (number & kEstimated) != 0;
      record.priced = (number & kPriced) != 0;
    } else if (i == 1) {
      record.status = static_cast<int>(std::clamp<std::int64_t>(number, 0, 999));
    } else if (i - kOwnNumbers < std::size(kNumbers)) {
      record.*kNumbers[i - kOwnNumbers] = number;
    }
  }
  if (reader.bad() || !reader.at_end()) return no_entry("it is cut or has something behind its end");
  if (record.request_id.empty()) return no_entry("it has no request id");
  return record;
}

}  // namespace moongate
