#include "protocol/json_scanner.h"

#include <algorithm>
#include <cassert>

namespace moongate {

using byte_scan::is_json_space;

JsonScanner::JsonScanner(std::initializer_list<std::string_view> keys, std::size_t max_capture_bytes,
                         Shape shape)
    : max_capture_(max_capture_bytes), shape_(shape) {
  assert(keys.size() <= kMaxWanted);
  for (const std::string_view key : keys) {
    if (key_count_ == kMaxWanted) break;
    assert(key.size() <= ShortString::kCapacity);
    keys_[key_count_++] = key;
  }
}

void JsonScanner::reset() {
  for (Capture& capture : captures_) {
    capture.raw.clear();
    capture.key_begin = capture.begin = capture.end = 0;
    capture.count = 0;
    capture.truncated = false;
  }
  consumed_ = 0;
  depth_ = 0;
  wanted_ = -1;
  walk_ = {};
  place_ = Place::kStart;
  capturing_ = false;
}

JsonScanner::State JsonScanner::feed(std::string_view bytes) {
  Input in{bytes.data(), bytes.data() + bytes.size(), bytes.data(), bytes.data()};
  while (in.p != in.end && place_ != Place::kBroken) step(in);
  if (capturing_) keep(in.mark, in.p);
  consumed_ += static_cast<std::uint64_t>(in.p - in.begin);
  return state();
}

void JsonScanner::step(Input& in) {
  switch (place_) {
    case Place::kStart:
      return begin_document(in);
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
      [[fallthrough]];
    case Place::kValue:
    case Place::kElement:
    case Place::kFirstElement:
      return begin_value(in);
    case Place::kInString:
      return skip_string(in);
    case Place::kInScalar:
      return skip_scalar(in);
    case Place::kInContainer:
      return skip_container(in);
    case Place::kAfterValue:
      return after_value(in);
    case Place::kDone:
      if (next_token(in)) place_ = Place::kBroken;  // something after the end
      return;
    case Place::kBroken:
      return;
  }
}

// Past whitespace; false at the end of the piece.
bool JsonScanner::next_token(Input& in) const {
  while (in.p != in.end && is_json_space(*in.p)) ++in.p;
  return in.p != in.end;
}

bool JsonScanner::push(char open) {
  if (depth_ == kMaxDepth) return false;
  const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
  if (open == '{') {
    nesting_[depth_ / 64] |= bit;
  } else {
    nesting_[depth_ / 64] &= ~bit;
  }
  ++depth_;
  return true;
}

bool JsonScanner::top_is_object() const {
  const unsigned level = depth_ - 1U;
  return (nesting_[level / 64] >> (level % 64) & 1U) != 0;
}

bool JsonScanner::pop(char close) {
  if (depth_ == 0 || top_is_object() != (close == '}')) return false;
  --depth_;
  return true;
}

void JsonScanner::begin_document(Input& in) {
  if (!next_token(in)) return;
  const char c = *in.p;
  if (c != '{' && !(c == '[' && shape_ == Shape::kArrayOfObjects)) {
    place_ = Place::kBroken;
    return;
  }
  push(c);
  ++in.p;
  place_ = c == '{' ? Place::kFirstKey : Place::kFirstElement;
}

void JsonScanner::begin_key(Input& in) {
  if (!next_token(in)) return;
  if (*in.p == '}' && place_ == Place::kFirstKey) {
    pop('}');
    ++in.p;
    place_ = depth_ == 0 ? Place::kDone : Place::kAfterValue;
    return;
  }
  if (*in.p != '"') {
    place_ = Place::kBroken;
    return;
  }
  key_begin_ = offset(in);
  ++in.p;
  walk_ = {};
  const char* const from = in.p;
  const char* const stop = byte_scan::walk_string(from, in.end, walk_);
  in.p = stop;
  if (walk_.control) {
    place_ = Place::kBroken;
    return;
  }
  const std::string_view part(from, static_cast<std::size_t>(stop - from));
  if (stop != in.end && !walk_.had_escape) {
    match_key(part);
    ++in.p;
    return;
  }
  key_.clear();
  key_.append(part);
  place_ = Place::kInKey;
  if (stop == in.end) return;
  match_key(key_.valid() ? key_.text() : std::string_view());
  ++in.p;
}

void JsonScanner::read_key(Input& in) {
  const char* const from = in.p;
  in.p = byte_scan::walk_string(from, in.end, walk_);
  if (walk_.control) {
    place_ = Place::kBroken;
    return;
  }
  key_.append({from, static_cast<std::size_t>(in.p - from)});
  if (in.p == in.end) return;
  match_key(key_.valid() ? key_.text() : std::string_view());
  ++in.p;
}

void JsonScanner::match_key(std::string_view name) {
  place_ = Place::kColon;
  wanted_ = -1;
  for (std::uint8_t i = 0; i < key_count_; ++i) {
    if (keys_[i] == name && !name.empty()) {
      wanted_ = static_cast<std::int8_t>(i);
      return;
    }
  }
}

void JsonScanner::begin_value(Input& in) {
  if (!next_token(in)) return;
  const char c = *in.p;
  if (place_ != Place::kValue) {  // in the outermost array, whose objects are read like a lone one
    wanted_ = -1;
    if (c == '{') {
      push(c);
      ++in.p;
      place_ = Place::kFirstKey;
      return;
    }
    if (c == ']' && place_ == Place::kFirstElement) return after_value(in);
  }
  if (wanted_ >= 0) {
    Capture& capture = captures_[static_cast<std::size_t>(wanted_)];
    capture.raw.clear();
    capture.truncated = false;
    capture.key_begin = key_begin_;
    capture.begin = offset(in);
    capturing_ = true;
    in.mark = in.p;
  }
  if (c == '"') {
    ++in.p;
    walk_ = {};
    place_ = Place::kInString;
    return skip_string(in);
  }
  if (c == '{' || c == '[') {
    level_ = depth_;
    nest_ = {};
    push(c);  // cannot fail: values begin at depth 1 or 2
    ++in.p;
    place_ = Place::kInContainer;
    return skip_container(in);
  }
  if (c == '-' || (c >= '0' && c <= '9') || c == 't' || c == 'f' || c == 'n') {
    place_ = Place::kInScalar;
    return skip_scalar(in);
  }
  place_ = Place::kBroken;
}

void JsonScanner::skip_string(Input& in) {
  in.p = byte_scan::walk_string(in.p, in.end, walk_);
  if (walk_.control) {
    place_ = Place::kBroken;
  } else if (in.p != in.end) {
    ++in.p;
    end_value(in);
  }
}

void JsonScanner::skip_scalar(Input& in) {
  for (; in.p != in.end; ++in.p) {
    const char c = *in.p;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '+' || c == 'E')
      continue;
    if (c == ',' || c == '}' || c == ']' || is_json_space(c)) {
      end_value(in);
    } else {
      place_ = Place::kBroken;
    }
    return;
  }
}

void JsonScanner::skip_container(Input& in) {
  const byte_scan::NestStop stop = byte_scan::walk_nested(in.p, in.end, nest_, [this](char c) {
    if (c == '{' || c == '[') return push(c) ? byte_scan::Nest::kGoOn : byte_scan::Nest::kBroken;
    if (!pop(c)) return byte_scan::Nest::kBroken;
    return depth_ == level_ ? byte_scan::Nest::kLeft : byte_scan::Nest::kGoOn;
  });
  in.p = stop.at;
  if (stop.why == byte_scan::Nest::kBroken) {
    place_ = Place::kBroken;
  } else if (stop.why == byte_scan::Nest::kLeft) {
    end_value(in);
  }
}

void JsonScanner::after_value(Input& in) {
  if (!next_token(in)) return;
  const char c = *in.p;
  if (c == ',') {
    ++in.p;
    place_ = top_is_object() ? Place::kNextKey : Place::kElement;
  } else if ((c == '}' || c == ']') && pop(c)) {
    ++in.p;
    place_ = depth_ == 0 ? Place::kDone : Place::kAfterValue;
  } else {
    place_ = Place::kBroken;
  }
}

void JsonScanner::end_value(Input& in) {
  place_ = Place::kAfterValue;
  if (!capturing_) return;
  keep(in.mark, in.p);
  capturing_ = false;
  Capture& capture = captures_[static_cast<std::size_t>(wanted_)];
  capture.end = offset(in);
  ++capture.count;
}

void JsonScanner::keep(const char* from, const char* to) {
  Capture& capture = captures_[static_cast<std::size_t>(wanted_)];
  const std::size_t room = max_capture_ - std::min(max_capture_, capture.raw.size());
  const auto length = static_cast<std::size_t>(to - from);
  capture.raw.append(from, std::min(room, length));
  if (length > room) capture.truncated = true;
}

}  // namespace moongate
