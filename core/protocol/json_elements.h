// Cuts a stream that is one JSON array (Vertex and Gemini without alt=sse) into its elements.
#pragma once

#include "protocol/nest_walk.h"
#include "protocol/piece_holder.h"

namespace moongate {

// Gives the elements only; brackets, commas and whitespace between them are taken away, and whoever relays
// the elements writes its own: "[" when opened(), "," between elements, "]" when closed(). A lone object
// instead of an array (some errors come so) is an element, with opened() false; write no "]" after it.
class JsonElementSplitter {
 public:
  explicit JsonElementSplitter(std::size_t max_element_bytes) : holder_(max_element_bytes) {}

  // The next bytes of the stream; they must stay where they are until next() has said kMore. Call only then.
  void feed(std::string_view bytes) { input_ = bytes; }
  // `piece` is valid until the next call of next() or feed(). An element larger than the bound comes in
  // parts; the last of them is told by inside_element() being false.
  Piece next(std::string_view& piece);
  bool opened() const { return opened_; }
  bool closed() const { return place_ == Place::kAfter; }
  bool inside_element() const { return place_ == Place::kInElement; }
  // After kMore: what is held of an incomplete element.
  std::string_view held() const { return holder_.held(); }

 private:
  enum class Place : std::uint8_t {
    kBefore,
    kFirst,
    kAfterElement,
    kAfterComma,
    kInElement,
    kAfter,
    kBroken,
  };

  bool skip_to_element();
  bool scan_element(std::size_t& length);
  PieceHolder holder_;
  std::string_view input_;
  std::uint32_t depth_ = 0;
  byte_scan::NestWalk nest_;
  Place place_ = Place::kBefore;
  bool opened_ = false;
};

}  // namespace moongate
