// Any bytes as an event stream or a JSON array: pieces lose nothing and do not depend on how the bytes came.
#include "protocol/sse.h"

#include <string>
#include <vector>

#include "fuzz_input.h"
#include "protocol/json_elements.h"

namespace {

using namespace moongate;
using fuzz::check;

template <class Splitter>
struct Run {
  Splitter splitter;
  std::vector<std::string> whole_pieces;
  std::string together;
  bool broken = false;

  explicit Run(std::size_t bound) : splitter(bound) {}
  void take(std::string_view bytes) {
    splitter.feed(bytes);
    std::string_view piece;
    for (;;) {
      const Piece kind = splitter.next(piece);
      if (kind == Piece::kBroken) broken = true;
      if (kind == Piece::kMore || kind == Piece::kBroken) return;
      together += piece;
      if (kind == Piece::kWhole) whole_pieces.emplace_back(piece);
      std::string scratch;
      const SseEvent event = parse_sse_event(piece, scratch);
      check(event.data.size() <= piece.size() && event.name.size() <= piece.size());
    }
  }
};

template <class Splitter>
void check_any_cut(std::string_view text, std::uint32_t seed) {
  Run<Splitter> at_once(text.size() + 1);
  at_once.take(text);
  Run<Splitter> in_pieces(text.size() + 1);
  fuzz::in_pieces(text, seed, [&](std::string_view piece) { in_pieces.take(piece); });
  check(at_once.whole_pieces == in_pieces.whole_pieces && at_once.broken == in_pieces.broken);
  Run<Splitter> bounded(20);
  fuzz::in_pieces(text, seed, [&](std::string_view piece) {
    bounded.take(piece);
    check(bounded.broken || bounded.splitter.held().size() <= 20);
  });
  if constexpr (std::is_same_v<Splitter, SseSplitter>) {
    check(at_once.together + std::string(at_once.splitter.held()) == text);
    check(bounded.together + std::string(bounded.splitter.held()) == text);
  } else if (!at_once.broken && !at_once.splitter.inside_element()) {
    check(bounded.together == at_once.together);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::as_text(data + 1, size - 1);
  check_any_cut<SseSplitter>(text, data[0]);
  check_any_cut<JsonElementSplitter>(text, data[0]);
  const std::string made = format_sse_event(text.substr(0, text.size() / 2), text.substr(text.size() / 2));
  Run<SseSplitter> again(made.size() + 1);
  again.take(made);
  check(again.whole_pieces.size() == 1 && again.whole_pieces[0] == made);
  return 0;
}
