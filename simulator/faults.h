// What a caller can ask the simulator to do differently: "key=value key=value".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moongate::sim {

enum class FaultPoint : std::uint8_t { kNever, kBeforeHead, kMidStream };
enum class Coding : std::uint8_t { kIdentity, kGzip, kBrotli, kZstd };
enum class KeepAlive : std::uint8_t {
  kAsAsked,
  kClose,     // says "connection: close" and closes
  kDrop,      // promises to keep the connection and closes it after the answer
  kDropNext,  // promises to keep it and closes when the next request comes, without an answer
};
enum class MalformedHead : std::uint8_t {
  kNo,
  kStatusLine,
  kTwoLengths,
  kLengthAndChunked,
  kBadHeader,
  kBadLength
};

// Units are in the names; -1 and nullopt mean "not asked for".
struct Faults {
  // The answer.
  int status = 0;
  std::string error;
  std::string retry_after, retry_after_ms, should_retry;
  bool tool = false, thinking = false, utf8 = false, echo_headers = false, short_usage = false;
  std::int64_t events = -1, event_bytes = -1;
  std::int64_t cache_read = 0, cache_write = 0, cache_write_1h = 0, thoughts = -1;
  int polls = 1;
  bool expire_tokens = false;
  // Time.
  std::int64_t latency_ms = 0, first_event_ms = 0, pace_ms = 0, split_ms = 0, read_ms = 0;
  // Breaks.
  FaultPoint reset = FaultPoint::kNever, stall = FaultPoint::kNever;
  bool truncate = false, cut = false, error_event = false;
  std::int64_t after = -1;  // content events before a break in the middle; -1: half of them
  // The wire.
  Coding coding = Coding::kIdentity;
  std::size_t split = 0, chunk = 0, big_head = 0, many_headers = 0;
  std::optional<bool> crlf;
  bool ping = false, comment = false, close_delimited = false, chunked = false, informational = false;
  int early = 0;
  MalformedHead malformed_head = MalformedHead::kNo;
  KeepAlive keepalive = KeepAlive::kAsAsked;

  bool breaks_mid_stream() const {
    return reset == FaultPoint::kMidStream || stall == FaultPoint::kMidStream || cut || error_event;
  }
};

// Sets what `text` names, over what is set already. kInvalid: an unknown key or a value that is none; the
// message names it and what is possible. `faults` may be half changed then.
Status apply_faults(std::string_view text, Faults& faults);

// Every key there is, in the order of the documentation.
std::vector<std::string_view> fault_keys();

// What stands between "[[sim:" and "]]" in a user's text: the last such directive, or nothing.
std::string_view find_directive(std::string_view text);
// `text` without its directives, trimmed.
std::string without_directives(std::string_view text);

// Faults for requests that cannot carry their own, as a token request by the gateway itself: by prefix of the
// path, optionally for the next N requests only.
class StandingFaults {
 public:
  // Lines "PREFIX key=value … [times=N]", replacing what stood; an empty text removes all. kInvalid names the
  // line; nothing is changed then.
  Status set(std::string_view text);
  // The faults for a request to `path`; counts it. Empty: none.
  std::string take(std::string_view path);
  void clear() { rules_.clear(); }

 private:
  struct Rule {
    std::string prefix;
    std::string faults;
    std::int64_t left = -1;  // -1: for ever
  };
  std::vector<Rule> rules_;
};

}  // namespace moongate::sim
