// Lua's patterns, matched in a bounded number of steps.
//
// LuaJIT's own string.find and its kin run inside C, where nothing can stop them: '.-.-.-b' over 200 kB takes
// hours. This matcher has the same grammar and the same answers, and counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace moongate {

class WatchedThread;

// A malformed pattern, or one that took too many steps. The text is for the author of the policy.
class PatternError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The steps that one call of a string function may take.
class StepMeter {
 public:
  // A million, and for long subjects 64 for each byte: more than any pattern needs that looks at each byte a
  // few times. `watched` may be null; when its run is stopped, the next few thousand steps are the last.
  StepMeter(std::size_t subject_bytes, const WatchedThread* watched)
      : left_(1'000'000 + 64 * static_cast<std::int64_t>(subject_bytes)), watched_(watched) {}

  void take(std::int64_t steps = 1) {
    left_ -= steps;
    if ((until_look_ -= steps) < 0) look();
  }

 private:
  void look();
  static constexpr std::int64_t kLookEvery = 8192;
  std::int64_t left_;
  std::int64_t until_look_ = kLookEvery;
  const WatchedThread* watched_;
};

class PatternMatcher {
 public:
  static constexpr int kMaxCaptures = 32;

  // The views must outlive the matcher. A leading '^' is the caller's business.
  PatternMatcher(std::string_view subject, std::string_view pattern, StepMeter& meter);

  // Where the match that begins at `from` ends; null: none begins there. Throws PatternError.
  const char* match(const char* from);

  // How many captures the last match made.
  int captures() const { return level_; }

  struct Capture {
    const char* begin = nullptr;
    std::ptrdiff_t length = 0;
    bool is_position() const { return length == kPosition; }
  };
  // Precondition: the last match() found something and index < captures(). Throws when it was left open.
  Capture capture(int index) const;

  const char* subject_begin() const { return begin_; }
  const char* subject_end() const { return end_; }

 private:
  static constexpr std::ptrdiff_t kUnclosed = -1;
  static constexpr std::ptrdiff_t kPosition = -2;
  static constexpr int kMaxDepth = 200;

  const char* run(const char* s, const char* p);
  const char* open_capture(const char* s, const char* p, std::ptrdiff_t length);
  const char* close_capture(const char* s, const char* p);
  const char* repeat_most(const char* s, const char* p, const char* item_end);
  const char* repeat_least(const char* s, const char* p, const char* item_end);
  const char* balanced(const char* s, const char* p);
  const char* back_reference(const char* s, char digit);
  const char* item_end(const char* p) const;
  bool item_matches(const char* s, const char* p, const char* item_end);
  bool set_contains(unsigned char c, const char* p, const char* close);

  const char* begin_;
  const char* end_;
  const char* pattern_;
  const char* pattern_end_;
  StepMeter& meter_;
  int level_ = 0;
  int depth_ = 0;
  Capture captures_[kMaxCaptures];
};

// Whether the pattern is plain text: no character with a meaning in it.
bool is_plain_pattern(std::string_view pattern);

}  // namespace moongate
