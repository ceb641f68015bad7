// Any bytes as a body: cut anywhere they give the same payload and end at the same byte.
#include <string>

#include "fuzz_input.h"
#include "http/body_framer.h"

namespace {

using namespace moongate;
using fuzz::check;

struct Run {
  BodyFramer framer;
  std::string payload;
  std::size_t consumed = 0;
  int last_chunks = 0;

  void take(std::string_view raw) {
    while (!raw.empty()) {
      const auto piece = framer.next(raw);
      check(piece.consumed <= raw.size() && piece.payload.size() <= piece.consumed);
      check(framer.at_chunk_boundary() + framer.inside_size() + framer.inside_last() <= 1);
      payload += piece.payload;
      consumed += piece.consumed;
      last_chunks += piece.last_chunk ? 1 : 0;
      if (piece.consumed == 0) break;
      raw.remove_prefix(piece.consumed);
    }
    check(raw.empty() || framer.done() || framer.broken());
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto framing = static_cast<Framing>(data[0] % 4);
  const std::string_view text = fuzz::as_text(data + 2, size - 2);
  Run whole{BodyFramer(framing, data[1]), {}};
  Run cut{BodyFramer(framing, data[1]), {}};
  whole.take(text);
  fuzz::in_pieces(text, data[1], [&](std::string_view piece) { cut.take(piece); });
  check(whole.payload == cut.payload && whole.consumed == cut.consumed &&
        whole.last_chunks == cut.last_chunks);
  check(whole.framer.done() == cut.framer.done() && whole.framer.broken() == cut.framer.broken());
  check(whole.framer.left() == cut.framer.left() && whole.last_chunks <= 1);
  return 0;
}
