#include "simulator/faults.h"

#include <charconv>
#include <initializer_list>
#include <type_traits>
#include <utility>

namespace moongate::sim {
namespace {

constexpr std::int64_t kMostMs = 3'600'000;
constexpr std::int64_t kMostEvents = 1'000'000;
constexpr std::int64_t kMostBytes = 16 << 20;
constexpr std::int64_t kMostTokens = 1'000'000'000;

std::optional<std::int64_t> number(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) return {};
  return value;
}

using Value = std::string_view;
using Setter = bool (*)(Faults&, Value);

template <auto Member, std::int64_t Least, std::int64_t Most>
bool set_number(Faults& faults, Value text) {
  const auto value = number(text, Least, Most);
  using T = std::remove_reference_t<decltype(faults.*Member)>;
  if (value) faults.*Member = static_cast<T>(*value);
  return value.has_value();
}

template <auto Member>
bool set_flag(Faults& faults, Value text) {
  if (text != "0" && text != "1") return false;
  faults.*Member = text == "1";
  return true;
}

template <auto Member>
bool set_text(Faults& faults, Value text) {
  faults.*Member = std::string(text);
  return !text.empty();
}

template <auto Member>
bool set_point(Faults& faults, Value text) {
  if (text != "before-head" && text != "mid-stream") return false;
  faults.*Member = text == "before-head" ? FaultPoint::kBeforeHead : FaultPoint::kMidStream;
  return true;
}

template <Coding Which>
bool set_coding(Faults& faults, Value text) {
  if (text != "0" && text != "1") return false;
  faults.coding = text == "1" ? Which : Coding::kIdentity;
  return true;
}

template <class T>
bool choose(Value text, T& target, std::initializer_list<std::pair<Value, T>> choices) {
  for (const auto& [name, value] : choices) {
    if (name != text) continue;
    target = value;
    return true;
  }
  return false;
}

bool set_keepalive(Faults& faults, Value text) {
  return choose(text, faults.keepalive,
                {{"1", KeepAlive::kAsAsked},
                 {"0", KeepAlive::kClose},
                 {"drop", KeepAlive::kDrop},
                 {"drop-next", KeepAlive::kDropNext}});
}

bool set_malformed_head(Faults& faults, Value text) {
  return choose(text, faults.malformed_head,
                {{"1", MalformedHead::kStatusLine},
                 {"status-line", MalformedHead::kStatusLine},
                 {"two-lengths", MalformedHead::kTwoLengths},
                 {"bad-length", MalformedHead::kBadLength},
                 {"length-and-chunked", MalformedHead::kLengthAndChunked},
                 {"bad-header", MalformedHead::kBadHeader}});
}

struct Key {
  std::string_view name;
  Setter set;
  std::string_view takes;
};

constexpr std::string_view kFlag = "0 or 1";
constexpr std::string_view kMs = "milliseconds, at most 3600000";
constexpr std::string_view kPoint = "before-head or mid-stream";

constexpr Key kKeys[] = {
    {"status", set_number<&Faults::status, 200, 599>, "an HTTP status from 200 to 599"},
    {"error", set_text<&Faults::error>, "an error type such as overloaded_error or RESOURCE_EXHAUSTED"},
    {"retry-after", set_text<&Faults::retry_after>, "the header's value"},
    {"retry-after-ms", set_text<&Faults::retry_after_ms>, "the header's value"},
    {"should-retry", set_text<&Faults::should_retry>, "true or false"},
    {"latency-ms", set_number<&Faults::latency_ms, 0, kMostMs>, kMs},
    {"first-event-ms", set_number<&Faults::first_event_ms, 0, kMostMs>, kMs},
    {"pace-ms", set_number<&Faults::pace_ms, 0, kMostMs>, kMs},
    {"read-ms", set_number<&Faults::read_ms, 0, kMostMs>, kMs},
    {"events", set_number<&Faults::events, 0, kMostEvents>, "a number up to 1000000"},
    {"event-bytes", set_number<&Faults::event_bytes, 1, kMostBytes>, "a number from 1 to 16777216"},
    {"tool", set_flag<&Faults::tool>, kFlag},
    {"thinking", set_flag<&Faults::thinking>, kFlag},
    {"thoughts", set_number<&Faults::thoughts, 0, kMostTokens>, "a number of tokens"},
    {"cache-read", set_number<&Faults::cache_read, 0, kMostTokens>, "a number of tokens"},
    {"cache-write", set_number<&Faults::cache_write, 0, kMostTokens>, "a number of tokens"},
    {"cache-write-1h", set_number<&Faults::cache_write_1h, 0, kMostTokens>, "a number of tokens"},
    {"short-usage", set_flag<&Faults::short_usage>, kFlag},
    {"utf8", set_flag<&Faults::utf8>, kFlag},
    {"echo",
     [](Faults& faults, Value text) {
       faults.echo_headers = text == "headers";
       return faults.echo_headers;
     },
     "headers"},
    {"polls", set_number<&Faults::polls, 0, 1000>, "a number up to 1000"},
    {"expire-tokens", set_flag<&Faults::expire_tokens>, kFlag},
    {"reset", set_point<&Faults::reset>, kPoint},
    {"stall", set_point<&Faults::stall>, kPoint},
    {"truncate",
     [](Faults& faults, Value text) {
       faults.truncate = text == "clean";
       return faults.truncate;
     },
     "clean"},
    {"cut",
     [](Faults& faults, Value text) {
       faults.cut = text == "mid-chunk";
       return faults.cut;
     },
     "mid-chunk"},
    {"error-event", set_flag<&Faults::error_event>, kFlag},
    {"after", set_number<&Faults::after, 0, kMostEvents>, "a number of content events"},
    {"gzip", set_coding<Coding::kGzip>, kFlag},
    {"br", set_coding<Coding::kBrotli>, kFlag},
    {"zstd", set_coding<Coding::kZstd>, kFlag},
    {"split", set_number<&Faults::split, 0, kMostBytes>, "bytes a write, up to 16777216"},
    {"split-ms", set_number<&Faults::split_ms, 0, kMostMs>, kMs},
    {"chunk", set_number<&Faults::chunk, 0, kMostBytes>, "bytes a chunk, up to 16777216"},
    {"chunked", set_flag<&Faults::chunked>, kFlag},
    {"close-delimited", set_flag<&Faults::close_delimited>, kFlag},
    {"crlf",
     [](Faults& faults, Value text) {
       faults.crlf = text == "1";
       return text == "0" || text == "1";
     },
     kFlag},
    {"ping", set_flag<&Faults::ping>, kFlag},
    {"comment", set_flag<&Faults::comment>, kFlag},
    {"early", set_number<&Faults::early, 200, 599>, "an HTTP status from 200 to 599"},
    {"informational", set_flag<&Faults::informational>, kFlag},
    {"big-head", set_number<&Faults::big_head, 0, kMostBytes>, "bytes, up to 16777216"},
    {"many-headers", set_number<&Faults::many_headers, 0, 100'000>, "a number up to 100000"},
    {"malformed-head", set_malformed_head,
     "1, status-line, two-lengths, length-and-chunked, bad-header or bad-length"},
    {"keepalive", set_keepalive, "0, 1, drop or drop-next"},
};

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The next word of `text`, which loses it. Empty: there is none.
std::string_view next_word(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && !is_space(text[end])) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

constexpr std::string_view kOpen = "[[sim:";
constexpr std::string_view kClose = "]]";

}  // namespace

Status apply_faults(std::string_view text, Faults& faults) {
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
    const Key* found = nullptr;
    for (const Key& key : kKeys) {
      if (key.name == name) found = &key;
    }
    if (found == nullptr) {
      return Error(
          ErrorKind::kInvalid,
          "the simulator has no fault \"" + std::string(name) + "\"; docs/simulator.md lists those it has",
          ErrorSource::kClient);
    }
    if (!found->set(faults, value)) {
      return Error(ErrorKind::kInvalid,
                   "the simulator's fault " + std::string(name) + " takes " + std::string(found->takes) +
                       ", not \"" + std::string(value) + "\"",
                   ErrorSource::kClient);
    }
  }
  return {};
}

std::vector<std::string_view> fault_keys() {
  std::vector<std::string_view> names;
  for (const Key& key : kKeys) names.push_back(key.name);
  return names;
}

std::string_view find_directive(std::string_view text) {
  const std::size_t open = text.rfind(kOpen);
  if (open == std::string_view::npos) return {};
  const std::size_t begin = open + kOpen.size();
  const std::size_t close = text.find(kClose, begin);
  return close == std::string_view::npos ? std::string_view() : text.substr(begin, close - begin);
}

std::string without_directives(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t open = text.find(kOpen);
    const std::size_t close = open == std::string_view::npos ? open : text.find(kClose, open);
    if (close == std::string_view::npos) break;
    out += text.substr(0, open);
    text.remove_prefix(close + kClose.size());
  }
  out += text;
  std::size_t begin = 0;
  while (begin < out.size() && is_space(out[begin])) ++begin;
  std::size_t end = out.size();
  while (end > begin && is_space(out[end - 1])) --end;
  return out.substr(begin, end - begin);
}

Status StandingFaults::set(std::string_view text) {
  std::vector<Rule> rules;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    Rule rule;
    rule.prefix = std::string(next_word(line));
    if (rule.prefix.empty()) continue;
    if (rule.prefix.front() != '/') {
      return Error(ErrorKind::kInvalid,
                   "a standing fault begins with the path it is for, as in \"/token status=503"
                   " times=2\"; \"" +
                       rule.prefix + "\" is no path");
    }
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
      if (word.starts_with("times=")) {
        const auto times = number(word.substr(6), 1, kMostEvents);
        if (!times) return Error(ErrorKind::kInvalid, "times takes a number from 1 to 1000000");
        rule.left = *times;
      } else {
        rule.faults += (rule.faults.empty() ? "" : " ") + std::string(word);
      }
    }
    Faults tried;
    if (Status good = apply_faults(rule.faults, tried); !good) return good;
    rules.push_back(std::move(rule));
  }
  rules_ = std::move(rules);
  return {};
}

std::string StandingFaults::take(std::string_view path) {
  std::string all;
  for (Rule& rule : rules_) {
    if (rule.left == 0 || !path.starts_with(rule.prefix)) continue;
    if (rule.left > 0) --rule.left;
    all += (all.empty() ? "" : " ") + rule.faults;
  }
  return all;
}

}  // namespace moongate::sim
