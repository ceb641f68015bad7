#include "protocol/field_walker.h"

#include <limits>

namespace moongate {
namespace {

constexpr std::uint8_t kNothing = 0xff;  // a target that is on no path
constexpr auto kMaxNumber = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_leaf(std::uint8_t target) { return target >= kFirstLeaf && target < kFirstMeasured; }
bool is_measured(std::uint8_t target) { return target >= kFirstMeasured && target != kNothing; }

const char* skip_space(const char* p, const char* end) {
  while (p != end && byte_scan::is_json_space(*p)) ++p;
  return p;
}

// A quoted number of digits only.
bool parse_digits(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 18) return false;
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

}  // namespace

void FieldWalker::reset(std::uint8_t root) {
  root_ = root;
  depth_ = 0;
  raw_depth_ = 0;
  place_ = Place::kStart;
}

void FieldWalker::feed(std::string_view bytes, FieldSink& sink) {
  raw_from_ = bytes.data();
  walk(bytes.data(), bytes.data() + bytes.size(), sink);
  if (raw_depth_ == 0) return;
  const std::string_view part(raw_from_, static_cast<std::size_t>(bytes.data() + bytes.size() - raw_from_));
  if (!part.empty() && place_ != Place::kBroken && place_ != Place::kIgnored) sink.on_raw(part);
}

void FieldWalker::walk(const char* p, const char* end, FieldSink& sink) {
  // In the order in which a document goes through them: a whole member needs one turn.
  while (p != end) {
    switch (place_) {
      case Place::kFirstKey:
      case Place::kNextKey:
        p = begin_key(p, end);
        if (place_ != Place::kColon || p == end) break;
        [[fallthrough]];
      case Place::kColon:
        p = pass_colon(p, end);
        if (place_ != Place::kValue || p == end) break;
        [[fallthrough]];
      case Place::kFirstElement:
      case Place::kValue:
        p = begin_value(p, end, sink);
        if (place_ != Place::kAfterValue || p == end) break;
        [[fallthrough]];
      case Place::kAfterValue:
        p = after_value(p, end, sink);
        break;
      case Place::kStart:
        target_ = root_;
        p = begin_value(p, end, sink);
        break;
      case Place::kInKey:
        p = read_key(p, end);
        break;
      case Place::kInString:
      case Place::kInText:
        p = read_string(p, end, sink);
        break;
      case Place::kInScalar:
        p = read_scalar(p, end, sink);
        break;
      case Place::kInContainer:
        p = skip_container(p, end, sink);
        break;
      case Place::kDone:
      case Place::kIgnored:
      case Place::kBroken:
        return;
    }
  }
}

inline const char* FieldWalker::begin_value(const char* p, const char* end, FieldSink& sink) {
  p = skip_space(p, end);
  if (p == end) return p;
  const char c = *p;
  if (c == '"') {
    walk_ = {};
    number_ = 0;
    place_ = Place::kInString;
    if (is_leaf(target_)) {
      text_.clear();
      place_ = Place::kInText;
    }
    return read_string(p + 1, end, sink);
  }
  if (c == '{' || c == '[') {
    if (target_ >= kFirstLeaf || depth_ == kLevels) {
      skip_depth_ = 1;
      number_ = 1;
      nest_ = {};
      place_ = Place::kInContainer;
      return skip_container(p + 1, end, sink);
    }
    nodes_[depth_] = target_;
    const auto bit = static_cast<std::uint16_t>(1U << depth_++);
    if (c == '{') {
      objects_ = static_cast<std::uint16_t>(objects_ | bit);
      place_ = Place::kFirstKey;
      sink.on_enter(target_);
      if (table_[target_].raw && raw_depth_ == 0) {
        raw_depth_ = depth_;
        raw_from_ = p;
      }
    } else {
      objects_ = static_cast<std::uint16_t>(objects_ & ~bit);
      place_ = Place::kFirstElement;
    }
    return p + 1;
  }
  if ((c >= '0' && c <= '9') || c == '-' || c == 't' || c == 'f' || c == 'n') {
    number_ = 0;
    integer_ = is_leaf(target_);
    place_ = Place::kInScalar;
    return read_scalar(p, end, sink);
  }
  if (c == ']' && place_ == Place::kFirstElement) return after_value(p, end, sink);
  return broken(p);
}

inline const char* FieldWalker::begin_key(const char* p, const char* end) {
  p = skip_space(p, end);
  if (p == end) return p;
  if (*p != '"') {
    if (*p != '}' || place_ != Place::kFirstKey) return broken(p);
    place_ = Place::kAfterValue;  // which takes the brace
    return p;
  }
  walk_ = {};
  const char* const from = p + 1;
  p = byte_scan::walk_string(from, end, walk_);
  if (walk_.control) return broken(p);
  const std::string_view part(from, static_cast<std::size_t>(p - from));
  if (p != end && !walk_.had_escape) {
    match_key(part);
    return p + 1;
  }
  text_.clear();
  place_ = Place::kInKey;
  text_.append(part);
  if (p == end) return p;
  match_key(text_.valid() ? text_.text() : std::string_view());
  return p + 1;
}

const char* FieldWalker::read_key(const char* p, const char* end) {
  const char* const from = p;
  p = byte_scan::walk_string(from, end, walk_);
  if (walk_.control) return broken(p);
  text_.append({from, static_cast<std::size_t>(p - from)});
  if (p == end) return p;
  match_key(text_.valid() ? text_.text() : std::string_view());
  return p + 1;
}

inline const char* FieldWalker::pass_colon(const char* p, const char* end) {
  p = skip_space(p, end);
  if (p == end) return p;
  if (*p != ':') return broken(p);
  place_ = Place::kValue;
  return p + 1;
}

inline void FieldWalker::match_key(std::string_view name) {
  place_ = Place::kColon;
  target_ = kNothing;
  for (const FieldRule& rule : table_[nodes_[depth_ - 1U]].rules) {
    // Most keys are nobody's: size and first letter tell that without a call.
    if (rule.key.size() != name.size() || rule.key.front() != name.front()) continue;
    if (rule.key == name) {
      target_ = rule.target;
      return;
    }
  }
}

inline const char* FieldWalker::read_string(const char* p, const char* end, FieldSink& sink) {
  const char* const from = p;
  p = byte_scan::walk_string(from, end, walk_);
  if (walk_.control) return broken(p);
  const bool closed = p != end;
  if (place_ == Place::kInText) {
    const std::string_view part(from, static_cast<std::size_t>(p - from));
    if (closed && !walk_.had_escape && text_.text().empty()) {
      end_text(part.substr(0, ShortString::kCapacity), sink);
      return p + 1;
    }
    text_.append(part);
    if (!closed) return p;
    end_text(text_.text(), sink);
    return p + 1;
  }
  number_ += static_cast<std::uint64_t>(p - from);
  if (!closed) return p;
  place_ = Place::kAfterValue;
  if (is_measured(target_)) sink.on_length(target_, number_);
  return p + 1;
}

void FieldWalker::end_text(std::string_view value, FieldSink& sink) {
  place_ = Place::kAfterValue;
  std::uint64_t number = 0;
  if (parse_digits(value, number)) sink.on_number(target_, static_cast<std::int64_t>(number));
  if (!sink.on_text(target_, value)) place_ = Place::kIgnored;
}

inline const char* FieldWalker::read_scalar(const char* p, const char* end, FieldSink& sink) {
  for (; p != end; ++p) {
    const char c = *p;
    if (c >= '0' && c <= '9') {
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (number_ > (kMaxNumber - digit) / 10) integer_ = false;
      if (integer_) number_ = number_ * 10 + digit;
      continue;
    }
    if (c == ',' || c == '}' || c == ']' || byte_scan::is_json_space(c)) {
      place_ = Place::kAfterValue;
      if (integer_) sink.on_number(target_, static_cast<std::int64_t>(number_));
      return p;
    }
    integer_ = false;  // a sign, a fraction, an exponent, a literal
    if ((c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '+' || c == 'E') continue;
    return broken(p);
  }
  return p;
}

inline const char* FieldWalker::skip_container(const char* p, const char* end, FieldSink& sink) {
  const char* const from = p;
  const byte_scan::NestStop stop = byte_scan::walk_nested(p, end, nest_, [this](char c) {
    skip_depth_ += c == '{' || c == '[' ? 1U : -1U;
    return skip_depth_ == 0 ? byte_scan::Nest::kLeft : byte_scan::Nest::kGoOn;
  });
  if (stop.why == byte_scan::Nest::kBroken) return broken(stop.at);
  number_ += static_cast<std::uint64_t>(stop.at - from);
  if (stop.why == byte_scan::Nest::kLeft) {
    place_ = Place::kAfterValue;
    if (is_measured(target_)) sink.on_length(target_, number_);
  }
  return stop.at;
}

inline const char* FieldWalker::after_value(const char* p, const char* end, FieldSink& sink) {
  p = skip_space(p, end);
  if (p == end) return p;
  if (depth_ == 0) return broken(p);  // something after a document that is a lone string or number
  const char c = *p;
  const bool in_object = (objects_ >> (depth_ - 1U) & 1U) != 0;
  if (c == ',') {
    place_ = in_object ? Place::kNextKey : Place::kValue;
    if (!in_object) target_ = nodes_[depth_ - 1U];
    return p + 1;
  }
  if (c != (in_object ? '}' : ']')) return broken(p);
  if (raw_depth_ == depth_ && in_object) {
    raw_depth_ = 0;
    sink.on_raw({raw_from_, static_cast<std::size_t>(p + 1 - raw_from_)});
  }
  const std::uint8_t node = nodes_[--depth_];
  place_ = depth_ == 0 ? Place::kDone : Place::kAfterValue;
  if (in_object) sink.on_leave(node);
  return p + 1;
}

}  // namespace moongate
