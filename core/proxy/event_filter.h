// The answer cut into events for a policy that wants to see each of them.
#pragma once

#include <string>
#include <string_view>

#include "protocol/json_elements.h"
#include "protocol/sse.h"
#include "protocol/usage.h"

namespace moongate {

// One interface over SSE events and elements of a JSON array. A policy sees an event whole up to kMaxEventBytes;
// larger ones are relayed unseen.
class EventFilter {
 public:
  static constexpr std::size_t kMaxEventBytes = 2u << 20;

  explicit EventFilter(BodyForm form) : form_(form), sse_(kMaxEventBytes), elements_(kMaxEventBytes) {}

  void feed(std::string_view payload) {
    if (form_ == BodyForm::kSse) sse_.feed(payload);
    else elements_.feed(payload);
  }
  Piece next(std::string_view& piece) {
    return form_ == BodyForm::kSse ? sse_.next(piece) : elements_.next(piece);
  }

  // What stands around a relayed event: nothing for SSE; brackets and commas for an array.
  std::string_view before_event();
  std::string_view at_end();
  // After the last next(): what is left of an incomplete event.
  std::string_view held() const { return form_ == BodyForm::kSse ? sse_.held() : elements_.held(); }

 private:
  BodyForm form_;
  SseSplitter sse_;
  JsonElementSplitter elements_;
  bool opened_ = false;
  bool in_parts_ = false;
};

}  // namespace moongate
