#include "base/log.h"

#include <cstdio>
#include <ctime>
#include <mutex>

#include "base/utf8.h"

namespace moongate {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarn: return "warn";
    case LogLevel::kError: return "error";
  }
  return "error";
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = bytes[i];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
      ++i;
    } else if (c >= 0x20 && c < 0x7F) {
      out += static_cast<char>(c);
      ++i;
    } else if (c < 0x20 || c == 0x7F) {
      switch (c) {
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
          out += "\\u00";
          out += kHex[c >> 4];
          out += kHex[c & 15];
      }
      ++i;
    } else if (const std::size_t n = utf8_length(text.substr(i)); n != 0) {
      out.append(text, i, n);
      i += n;
    } else {
      out += "\xEF\xBF\xBD";
      ++i;
    }
  }
}

std::string format_utc_ms(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, static_cast<int>(unix_ms % 1000));
  return text;
}

void Logger::write(LogLevel level, std::string_view message, std::span<const LogField> fields) const {
  if (!enabled(level)) return;
  std::string line;
  line.reserve(160);
  line += R"({"time":")";
  line += format_utc_ms(clock_.unix_ms());
  line += R"(","level":")";
  line += level_name(level);
  line += R"(","message":")";
  append_json_escaped(line, message);
  line += '"';
  for (const LogField& field : fields) {
    line += ",\"";
    append_json_escaped(line, field.name);
    line += "\":";
    if (field.number) {
      line += field.text;
    } else {
      line += '"';
      append_json_escaped(line, field.text);
      line += '"';
    }
  }
  line += "}\n";
  sink_.append(std::move(line));
}

struct MemorySink::State {
  mutable std::mutex mutex;
  std::string text;
};
MemorySink::MemorySink() : state_(std::make_unique<State>()) {}
MemorySink::~MemorySink() = default;
void MemorySink::append(std::string lines) {
  std::lock_guard lock(state_->mutex);
  state_->text += lines;
}
std::string MemorySink::text() const {
  std::lock_guard lock(state_->mutex);
  return state_->text;
}

}  // namespace moongate
