#include "protocol/json_elements.h"

namespace moongate {

// Past what stands between elements. True at the first byte of one.
bool JsonElementSplitter::skip_to_element() {
  while (!input_.empty() && place_ != Place::kBroken) {
    const char c = input_.front();
    if (byte_scan::is_json_space(c)) {
      input_.remove_prefix(1);
      continue;
    }
    const bool element_may_come =
        place_ == Place::kBefore || place_ == Place::kFirst || place_ == Place::kAfterComma;
    if (c == '{' && element_may_come) {
      depth_ = 0;
      place_ = Place::kInElement;
      return true;
    }
    if (c == '[' && place_ == Place::kBefore) {
      opened_ = true;
      place_ = Place::kFirst;
    } else if (c == ',' && place_ == Place::kAfterElement) {
      place_ = Place::kAfterComma;
    } else if (c == ']' && (place_ == Place::kAfterElement || place_ == Place::kFirst)) {
      place_ = Place::kAfter;
    } else {
      place_ = Place::kBroken;
    }
    input_.remove_prefix(1);
  }
  return false;
}

// The bytes of the input that belong to the element at hand. True when it ends there.
bool JsonElementSplitter::scan_element(std::size_t& length) {
  const char* const begin = input_.data();
  const char* const end = begin + input_.size();
  const char* p = begin;
  while (p != end) {
    if (place_ == Place::kInString) {
      p = byte_scan::walk_string(p, end, walk_);
      if (walk_.control) {
        place_ = Place::kBroken;
        break;
      }
      if (p == end) break;
      ++p;
      place_ = Place::kInElement;
    }
    p = byte_scan::find_structure(p, end);
    if (p == end) break;
    const char c = *p++;
    if (c == '"') {
      walk_ = {};
      place_ = Place::kInString;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (--depth_ == 0) {
      place_ = opened_ ? Place::kAfterElement : Place::kAfter;
      length = static_cast<std::size_t>(p - begin);
      return true;
    }
  }
  length = static_cast<std::size_t>(p - begin);
  return false;
}

Piece JsonElementSplitter::next(std::string_view& piece) {
  holder_.release();
  if (!inside_element() && !skip_to_element()) {
    return place_ == Place::kBroken ? Piece::kBroken : Piece::kMore;
  }
  std::size_t length = 0;
  const bool complete = scan_element(length);
  if (place_ == Place::kBroken) return Piece::kBroken;
  const std::string_view bytes = input_.substr(0, length);
  input_.remove_prefix(length);
  return holder_.give(bytes, complete, piece);
}

}  // namespace moongate
