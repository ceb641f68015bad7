#include "protocol/field_walker.h"

#include <limits>

namespace moongate {
namespace {

constexpr std::uint8_t kNothing = 0xff;  // a target that is on no path
constexpr auto kMaxNumber = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_leaf(std::uint8_t target) { return target >= kFirstLeaf && target != kNothing; }

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

void FieldWalker::reset() {
  depth_ = 0;
  place_ = Place::kStart;
}

void FieldWalker::feed(std::string_view bytes, FieldSink& sink) {
  Input in{bytes.data(), bytes.data() + bytes.size(), sink};
  while (in.p != in.end && place_ < Place::kDone) step(in);
}

bool FieldWalker::next_token(Input& in) const {
  while (in.p != in.end && byte_scan::is_json_space(*in.p)) ++in.p;
  return in.p != in.end;
}

void FieldWalker::step(Input& in) {
  switch (place_) {
    case Place::kStart:
      target_ = 0;
      return begin_value(in);
    case Place::kFirstElement:
    case Place::kValue:
      return begin_value(in);
    case Place::kFirstKey:
    case Place::kNextKey:
      return begin_key(in);
    case Place::kInKey:
      return read_key(in);
    case Place::kColon:
      if (!next_token(in)) return;
      if (*in.p != ':') {
        place_ = Place::kBroken;
        return;
      }
      ++in.p;
      place_ = Place::kValue;
      return;
    case Place::kInString:
    case Place::kInText:
      return read_string(in);
    case Place::kInScalar:
      return read_scalar(in);
    case Place::kInContainer:
    case Place::kInContainerString:
      return skip_container(in);
    case Place::kAfterValue:
      return after_value(in);
    case Place::kDone:
    case Place::kIgnored:
    case Place::kBroken:
      return;
  }
}

void FieldWalker::begin_value(Input& in) {
  if (!next_token(in)) return;
  const char c = *in.p;
  switch (c) {
    case ']':
      if (place_ == Place::kFirstElement) return after_value(in);
      place_ = Place::kBroken;
      return;
    case '{':
    case '[':
      ++in.p;
      if (target_ >= kFirstLeaf || depth_ == kLevels) {
        skip_depth_ = 1;
        place_ = Place::kInContainer;
        return;
      }
      nodes_[depth_] = target_;
      if (c == '{') {
        objects_ = static_cast<std::uint16_t>(objects_ | 1U << depth_);
        ++depth_;
        place_ = Place::kFirstKey;
        in.sink.on_enter(target_);
      } else {
        objects_ = static_cast<std::uint16_t>(objects_ & ~(1U << depth_));
        ++depth_;
        place_ = Place::kFirstElement;
      }
      return;
    case '"':
      ++in.p;
      walk_ = {};
      if (is_leaf(target_)) {
        text_.clear();
        place_ = Place::kInText;
      } else {
        place_ = Place::kInString;
      }
      return read_string(in);
    default:
      if (c != '-' && !(c >= '0' && c <= '9') && c != 't' && c != 'f' && c != 'n') {
        place_ = Place::kBroken;
        return;
      }
      number_ = 0;
      integer_ = is_leaf(target_);
      place_ = Place::kInScalar;
      return read_scalar(in);
  }
}

void FieldWalker::begin_key(Input& in) {
  if (!next_token(in)) return;
  if (*in.p == '}' && place_ == Place::kFirstKey) return after_value(in);
  if (*in.p != '"') {
    place_ = Place::kBroken;
    return;
  }
  ++in.p;
  walk_ = {};
  const char* const from = in.p;
  in.p = byte_scan::walk_string(from, in.end, walk_);
  if (walk_.control) {
    place_ = Place::kBroken;
    return;
  }
  const std::string_view part(from, static_cast<std::size_t>(in.p - from));
  if (in.p != in.end && !walk_.had_escape) {
    match_key(part);
    ++in.p;
    return;
  }
  text_.clear();
  text_.append(part);
  place_ = Place::kInKey;
  if (in.p == in.end) return;
  match_key(text_.valid() ? text_.text() : std::string_view());
  ++in.p;
}

void FieldWalker::read_key(Input& in) {
  const char* const from = in.p;
  in.p = byte_scan::walk_string(from, in.end, walk_);
  if (walk_.control) {
    place_ = Place::kBroken;
    return;
  }
  text_.append({from, static_cast<std::size_t>(in.p - from)});
  if (in.p == in.end) return;
  match_key(text_.valid() ? text_.text() : std::string_view());
  ++in.p;
}

void FieldWalker::match_key(std::string_view name) {
  place_ = Place::kColon;
  target_ = kNothing;
  for (const FieldRule& rule : table_[nodes_[depth_ - 1U]].rules) {
    if (rule.key == name) {
      target_ = rule.target;
      return;
    }
  }
}

void FieldWalker::read_string(Input& in) {
  const char* const from = in.p;
  in.p = byte_scan::walk_string(from, in.end, walk_);
  if (walk_.control) {
    place_ = Place::kBroken;
    return;
  }
  const bool closed = in.p != in.end;
  if (place_ == Place::kInText) {
    const std::string_view part(from, static_cast<std::size_t>(in.p - from));
    if (closed && !walk_.had_escape && text_.text().empty()) {
      ++in.p;
      return end_text(in, part.substr(0, ShortString::kCapacity));
    }
    text_.append(part);
    if (!closed) return;
    ++in.p;
    return end_text(in, text_.text());
  }
  if (!closed) return;
  ++in.p;
  place_ = Place::kAfterValue;
}

void FieldWalker::end_text(Input& in, std::string_view value) {
  place_ = Place::kAfterValue;
  std::uint64_t number = 0;
  if (parse_digits(value, number)) in.sink.on_number(target_, static_cast<std::int64_t>(number));
  if (!in.sink.on_text(target_, value)) place_ = Place::kIgnored;
}

void FieldWalker::read_scalar(Input& in) {
  for (; in.p != in.end; ++in.p) {
    const char c = *in.p;
    if (c >= '0' && c <= '9') {
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (number_ > (kMaxNumber - digit) / 10) integer_ = false;
      if (integer_) number_ = number_ * 10 + digit;
      continue;
    }
    if (c == ',' || c == '}' || c == ']' || byte_scan::is_json_space(c)) {
      place_ = Place::kAfterValue;
      if (integer_) in.sink.on_number(target_, static_cast<std::int64_t>(number_));
      return;
    }
    integer_ = false;  // a sign, a fraction, an exponent, a literal
    if ((c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '+' || c == 'E') continue;
    place_ = Place::kBroken;
    return;
  }
}

void FieldWalker::skip_container(Input& in) {
  for (;;) {
    if (place_ == Place::kInContainerString) {
      in.p = byte_scan::walk_string(in.p, in.end, walk_);
      if (walk_.control) {
        place_ = Place::kBroken;
        return;
      }
      if (in.p == in.end) return;
      ++in.p;
      place_ = Place::kInContainer;
    }
    in.p = byte_scan::find_structure(in.p, in.end);
    if (in.p == in.end) return;
    const char c = *in.p++;
    if (c == '"') {
      walk_ = {};
      place_ = Place::kInContainerString;
    } else if (c == '{' || c == '[') {
      ++skip_depth_;
    } else if (--skip_depth_ == 0) {
      place_ = Place::kAfterValue;
      return;
    }
  }
}

void FieldWalker::after_value(Input& in) {
  if (!next_token(in)) return;
  const char c = *in.p++;
  if (depth_ == 0) {  // something after a document that is a lone string or number
    place_ = Place::kBroken;
    return;
  }
  const bool in_object = (objects_ >> (depth_ - 1U) & 1U) != 0;
  if (c == ',') {
    place_ = in_object ? Place::kNextKey : Place::kValue;
    if (!in_object) target_ = nodes_[depth_ - 1U];
    return;
  }
  if (c != (in_object ? '}' : ']')) {
    place_ = Place::kBroken;
    return;
  }
  --depth_;
  const std::uint8_t node = nodes_[depth_];
  place_ = depth_ == 0 ? Place::kDone : Place::kAfterValue;
  if (in_object) in.sink.on_leave(node);
}

}  // namespace moongate
