// The operator's log: one JSON object a line, written by a thread of its own so that no caller waits for a
// disk or a terminal.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace moongate {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

// A field's value is printed as a JSON string or number. Never pass a secret; pass Secret::masked().
struct LogField {
  std::string_view name;
  std::string text;
  bool number = false;

  LogField(std::string_view n, std::string_view v) : name(n), text(v) {}
  LogField(std::string_view n, const char* v) : name(n), text(v) {}
  LogField(std::string_view n, const std::string& v) : name(n), text(v) {}
  LogField(std::string_view n, std::int64_t v) : name(n), text(std::to_string(v)), number(true) {}
  LogField(std::string_view n, int v) : name(n), text(std::to_string(v)), number(true) {}
  LogField(std::string_view n, std::size_t v) : name(n), text(std::to_string(v)), number(true) {}
};

// Where finished lines go. append() may be called from any thread, never blocks and never fails: when the
// bounded queue is full the line is dropped and counted.
class LineSink {
 public:
  virtual ~LineSink() = default;
  // `lines` is one or more complete lines, each ending in '\n'.
  virtual void append(std::string lines) = 0;
  virtual std::uint64_t dropped() const = 0;
  // Blocks until everything appended so far is written. For shutdown and tests.
  virtual void flush() = 0;
  // Opens the file again under its name (after an outside rename). No effect on streams.
  virtual void reopen() = 0;
};

// Lines to a file, or to "-" (standard output) or "stderr". "off" gives a sink that drops everything.
// Error: the file cannot be opened; the message names it and the reason.
Result<std::unique_ptr<LineSink>> open_line_sink(const std::string& target);

// Lines kept in memory, for tests.
class MemorySink final : public LineSink {
 public:
  MemorySink();
  ~MemorySink() override;
  void append(std::string lines) override;
  std::uint64_t dropped() const override { return 0; }
  void flush() override {}
  void reopen() override {}
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Thread-safe. Holds references: the sink and the clock must outlive it.
class Logger {
 public:
  Logger(LineSink& sink, const Clock& clock, LogLevel level) : sink_(sink), clock_(clock), level_(level) {}

  bool enabled(LogLevel level) const { return level >= level_; }
  // `message` is a constant sentence to search for; what varies goes into fields.
  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(level, message, std::span<const LogField>(fields.begin(), fields.size()));
  }
  void write(LogLevel level, std::string_view message, std::span<const LogField> fields) const;
  void debug(std::string_view m, std::initializer_list<LogField> f = {}) const { write(LogLevel::kDebug, m, f); }
  void info(std::string_view m, std::initializer_list<LogField> f = {}) const { write(LogLevel::kInfo, m, f); }
  void warn(std::string_view m, std::initializer_list<LogField> f = {}) const { write(LogLevel::kWarn, m, f); }
  void error(std::string_view m, std::initializer_list<LogField> f = {}) const { write(LogLevel::kError, m, f); }

 private:
  LineSink& sink_;
  const Clock& clock_;
  LogLevel level_;
};

// `text` with JSON's escapes and no quotes around it, appended to `out`. Invalid UTF-8 becomes U+FFFD, so
// that a line is always valid JSON.
void append_json_escaped(std::string& out, std::string_view text);

// "2026-11-20T20:03:05.123Z"
std::string format_utc_ms(std::int64_t unix_ms);

}  // namespace moongate
