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
      nest_ = {};
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
  const byte_scan::NestStop stop =
      byte_scan::walk_nested(begin, begin + input_.size(), nest_, [this](char c) {
        depth_ += c == '{' || c == '[' ? 1U : -1U;
        return depth_ == 0 ? byte_scan::Nest::kLeft : byte_scan::Nest::kGoOn;
      });
  length = static_cast<std::size_t>(stop.at - begin);
  if (stop.why == byte_scan::Nest::kBroken) place_ = Place::kBroken;
  if (stop.why != byte_scan::Nest::kLeft) return false;
  place_ = opened_ ? Place::kAfterElement : Place::kAfter;
  return true;
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
