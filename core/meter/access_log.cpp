#include "meter/access_log.h"

#include <charconv>
#include <cstring>

namespace moongate {
namespace {

constexpr std::size_t kBatchBytes = 64 * 1024;
constexpr std::size_t kLongestText = 512;  // of any field: a client chooses paths and models

void put_number(std::string& out, std::string_view name, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out += ",\"";
  out += name;
  out += "\":";
  out.append(digits, end);
}

bool plain(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '"' || c == '\\') return false;
  }
  return true;
}

void put_text(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  value = value.substr(0, kLongestText);
  out += ",\"";
  out += name;
  out += "\":\"";
  if (plain(value)) out += value;
  else append_json_escaped(out, value);
  out += '"';
}

void put_count(std::string& out, std::string_view name, std::int64_t value) {
  if (value >= 0) put_number(out, name, value);
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
  if (batch_.capacity() == 0) batch_.reserve(kBatchBytes + 8192);
  const std::int64_t ms = record.unix_ns / 1'000'000;
  if (ms / 1000 != second_) {
    second_ = ms / 1000;
    const std::string time = format_utc_ms(second_ * 1000);
    std::memcpy(prefix_, time.data(), 20);  // "2026-11-20T20:03:05."
  }
  std::string& out = batch_;
  out += "{\"time\":\"";
  out.append(prefix_, 20);
  const int milli = static_cast<int>(ms % 1000);
  const char digits[] = {static_cast<char>('0' + milli / 100), static_cast<char>('0' + milli / 10 % 10),
                         static_cast<char>('0' + milli % 10), 'Z', '"'};
  out.append(digits, sizeof digits);
  put_text(out, "request_id", record.request_id);
  put_text(out, "client", record.client);
  put_text(out, "client_address", record.client_address);
  put_text(out, "account", record.account);
  put_text(out, "provider", record.provider);
  put_text(out, "dialect", record.dialect);
  put_text(out, "operation", record.operation);
  put_text(out, "method", record.method);
  put_text(out, "path", record.path);
  put_text(out, "model", record.model);
  if (record.upstream_model != record.model) put_text(out, "upstream_model", record.upstream_model);
  put_number(out, "status", record.status);
  if (record.upstream_status != 0) put_number(out, "upstream_status", record.upstream_status);
  put_text(out, "outcome", to_string(record.outcome));
  put_number(out, "attempts", record.attempts);
  out += record.stream ? ",\"stream\":true" : ",\"stream\":false";
  const Usage& usage = record.usage;
  put_count(out, "input_tokens", usage.input);
  put_count(out, "cache_write_5m_tokens", usage.cache_write_5m);
  put_count(out, "cache_write_1h_tokens", usage.cache_write_1h);
  put_count(out, "cache_read_tokens", usage.cache_read);
  put_count(out, "output_tokens", usage.output);
  put_count(out, "thought_tokens", usage.thoughts);
  put_count(out, "tool_prompt_tokens", usage.tool_prompt);
  put_count(out, "audio_input_tokens", usage.audio_input);
  put_count(out, "web_searches", usage.web_searches);
  if (usage.any() && !usage.complete) out += ",\"usage_partial\":true";
  put_count(out, "ttfb_us", record.ttfb_us);
  put_number(out, "duration_us", record.duration_us);
  put_number(out, "bytes_in", static_cast<std::int64_t>(record.bytes_in));
  put_number(out, "bytes_out", static_cast<std::int64_t>(record.bytes_out));
  put_text(out, "error", record.error);
  out += "}\n";
  if (out.size() >= kBatchBytes) flush();
}

void AccessLog::flush() {
  if (batch_.empty()) return;
  sink_.append(batch_);
  batch_.clear();
}

}  // namespace moongate
