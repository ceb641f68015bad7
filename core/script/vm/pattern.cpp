#include "script/vm/pattern.h"

#include <cstring>

#include "script/vm/watchdog.h"

namespace moongate {
namespace {

// ASCII whatever the locale, as in LuaJIT.
bool is_lower(unsigned char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
bool is_alpha(unsigned char c) { return is_lower(c) || is_upper(c); }
bool is_graph(unsigned char c) { return c > 32 && c < 127; }

bool class_contains(unsigned char c, unsigned char name) {
  bool in = false;
  switch (name | 0x20) {
    case 'a':
      in = is_alpha(c);
      break;
    case 'c':
      in = c < 32 || c == 127;
      break;
    case 'd':
      in = is_digit(c);
      break;
    case 'g':
      in = is_graph(c);
      break;
    case 'l':
      in = is_lower(c);
      break;
    case 'p':
      in = is_graph(c) && !is_alpha(c) && !is_digit(c);
      break;
    case 's':
      in = c == ' ' || (c >= 9 && c <= 13);
      break;
    case 'u':
      in = is_upper(c);
      break;
    case 'w':
      in = is_alpha(c) || is_digit(c);
      break;
    case 'x':
      in = is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
      break;
    case 'z':
      in = c == 0;
      break;
    default:
      return c == name;
  }
  return is_lower(name) ? in : !in;
}

struct DepthGuard {
  explicit DepthGuard(int& depth) : depth_(depth) { ++depth_; }
  ~DepthGuard() { --depth_; }
  int& depth_;
};

}  // namespace

void StepMeter::look() {
  until_look_ = kLookEvery;
  if (left_ < 0) throw PatternError("pattern too complex for this text: it took too many steps to match");
  if (watched_ != nullptr && watched_->stop_requested())
    throw PatternError("stopped while matching a pattern");
}

bool is_plain_pattern(std::string_view pattern) {
  return pattern.find_first_of("^$*+?.([%-") == std::string_view::npos;
}

PatternMatcher::PatternMatcher(std::string_view subject, std::string_view pattern, StepMeter& meter)
    : begin_(subject.data()),
      end_(subject.data() + subject.size()),
      pattern_(pattern.data()),
      pattern_end_(pattern.data() + pattern.size()),
      meter_(meter) {}

const char* PatternMatcher::match(const char* from) {
  level_ = 0;
  depth_ = 0;
  return run(from, pattern_);
}

PatternMatcher::Capture PatternMatcher::capture(int index) const {
  if (captures_[index].length == kUnclosed) throw PatternError("unfinished capture");
  return captures_[index];
}

// One alternative after the other without a call of its own; only what may have to be taken back recurses.
const char* PatternMatcher::run(const char* s, const char* p) {
  DepthGuard guard(depth_);
  if (depth_ > kMaxDepth) throw PatternError("pattern too complex: too many items that repeat or capture");
  for (;;) {
    meter_.take();
    if (p == pattern_end_) return s;
    switch (*p) {
      case '(':
        if (p + 1 < pattern_end_ && p[1] == ')') return open_capture(s, p + 2, kPosition);
        return open_capture(s, p + 1, kUnclosed);
      case ')':
        return close_capture(s, p + 1);
      case '$':
        if (p + 1 == pattern_end_) return s == end_ ? s : nullptr;
        break;
      case '%':
        if (p + 1 < pattern_end_ && p[1] == 'b') {
          s = balanced(s, p + 2);
          if (s == nullptr) return nullptr;
          p += 4;
          continue;
        }
        if (p + 1 < pattern_end_ && p[1] == 'f') {
          p += 2;
          if (p >= pattern_end_ || *p != '[') throw PatternError("missing '[' after '%f' in pattern");
          const char* after = item_end(p);
          const auto before = static_cast<unsigned char>(s == begin_ ? '\0' : s[-1]);
          const auto here = static_cast<unsigned char>(s == end_ ? '\0' : *s);
          if (set_contains(before, p, after - 1) || !set_contains(here, p, after - 1)) return nullptr;
          p = after;
          continue;
        }
        if (p + 1 < pattern_end_ && is_digit(static_cast<unsigned char>(p[1]))) {
          s = back_reference(s, p[1]);
          if (s == nullptr) return nullptr;
          p += 2;
          continue;
        }
        break;
      default:
        break;
    }
    const char* after = item_end(p);
    const char suffix = after < pattern_end_ ? *after : '\0';
    if (suffix == '*') return repeat_most(s, p, after);
    if (suffix == '-') return repeat_least(s, p, after);
    if (suffix == '+') return item_matches(s, p, after) ? repeat_most(s + 1, p, after) : nullptr;
    if (suffix == '?') {
      if (item_matches(s, p, after)) {
        if (const char* end = run(s + 1, after + 1)) return end;
      }
      p = after + 1;
      continue;
    }
    if (!item_matches(s, p, after)) return nullptr;
    ++s;
    p = after;
  }
}

const char* PatternMatcher::open_capture(const char* s, const char* p, std::ptrdiff_t length) {
  if (level_ >= kMaxCaptures) throw PatternError("too many captures");
  captures_[level_] = Capture{s, length};
  ++level_;
  const char* end = run(s, p);
  if (end == nullptr) --level_;
  return end;
}

const char* PatternMatcher::close_capture(const char* s, const char* p) {
  int open = level_ - 1;
  while (open >= 0 && captures_[open].length != kUnclosed) --open;
  if (open < 0) throw PatternError("invalid pattern capture");
  captures_[open].length = s - captures_[open].begin;
  const char* end = run(s, p);
  if (end == nullptr) captures_[open].length = kUnclosed;
  return end;
}

const char* PatternMatcher::repeat_most(const char* s, const char* p, const char* item_end) {
  std::ptrdiff_t count = 0;
  while (item_matches(s + count, p, item_end)) ++count;
  for (; count >= 0; --count) {
    if (const char* end = run(s + count, item_end + 1)) return end;
  }
  return nullptr;
}

const char* PatternMatcher::repeat_least(const char* s, const char* p, const char* item_end) {
  for (;; ++s) {
    if (const char* end = run(s, item_end + 1)) return end;
    if (!item_matches(s, p, item_end)) return nullptr;
  }
}

const char* PatternMatcher::balanced(const char* s, const char* p) {
  if (pattern_end_ - p < 2) throw PatternError("unbalanced pattern");
  if (s == end_ || *s != p[0]) return nullptr;
  int nesting = 1;
  for (++s; s < end_; ++s) {
    meter_.take();
    if (*s == p[1]) {
      if (--nesting == 0) return s + 1;
    } else if (*s == p[0]) {
      ++nesting;
    }
  }
  return nullptr;
}

const char* PatternMatcher::back_reference(const char* s, char digit) {
  const int index = digit - '1';
  if (index < 0 || index >= level_ || captures_[index].length == kUnclosed) {
    throw PatternError("invalid capture index");
  }
  if (captures_[index].is_position()) return nullptr;
  const std::ptrdiff_t length = captures_[index].length;
  meter_.take(1 + length / 16);
  if (end_ - s < length || std::memcmp(captures_[index].begin, s, static_cast<std::size_t>(length)) != 0) {
    return nullptr;
  }
  return s + length;
}

const char* PatternMatcher::item_end(const char* p) const {
  const char first = *p++;
  if (first == '%') {
    if (p == pattern_end_) throw PatternError("malformed pattern (ends with '%')");
    return p + 1;
  }
  if (first != '[') return p;
  if (p < pattern_end_ && *p == '^') ++p;
  do {  // the first character may be a ']' that closes nothing
    if (p == pattern_end_) throw PatternError("malformed pattern (missing ']')");
    meter_.take();
    if (*p++ == '%' && p < pattern_end_) ++p;
  } while (p == pattern_end_ || *p != ']');
  return p + 1;
}

bool PatternMatcher::item_matches(const char* s, const char* p, const char* item_end) {
  meter_.take();
  if (s == end_) return false;
  const auto c = static_cast<unsigned char>(*s);
  switch (*p) {
    case '.':
      return true;
    case '%':
      return class_contains(c, static_cast<unsigned char>(p[1]));
    case '[':
      return set_contains(c, p, item_end - 1);
    default:
      return static_cast<unsigned char>(*p) == c;
  }
}

// `p` is at the '[', `close` at the ']' that ends the set.
bool PatternMatcher::set_contains(unsigned char c, const char* p, const char* close) {
  bool in = true;
  if (p[1] == '^') {
    in = false;
    ++p;
  }
  while (++p < close) {
    meter_.take();
    if (*p == '%') {
      ++p;
      if (class_contains(c, static_cast<unsigned char>(*p))) return in;
    } else if (p[1] == '-' && p + 2 < close) {
      if (static_cast<unsigned char>(p[0]) <= c && c <= static_cast<unsigned char>(p[2])) return in;
      p += 2;
    } else if (static_cast<unsigned char>(*p) == c) {
      return in;
    }
  }
  return !in;
}

}  // namespace moongate
