// Any bytes in any coding, cut anywhere: the decoder gives the same, stays in its bounds and never throws; what it gives
// goes through the usage reader.
#include "meter/decoder.h"

#include <algorithm>
#include <string>

#include "fuzz_input.h"
#include "meter/usage_tap.h"

namespace {

using namespace moongate;
using fuzz::check;

struct Decoded {
  std::string text;
  bool ok = true;
  bool ended = false;
};

Decoded decode(ContentCoding coding, std::string_view body, std::size_t piece) {
  Decoded out;
  const auto decoder = Decoder::create(coding);
  check(decoder != nullptr);
  const std::size_t whole = body.size();
  while (!body.empty()) {
    const bool before = out.ok;
    out.ok = decoder->feed(body.substr(0, piece), [&](std::string_view text) {
      check(before && !text.empty() && text.size() <= 16 * 1024);
      out.text += text;
    });
    check(before || !out.ok);
    body.remove_prefix(std::min(piece, body.size()));
  }
  check(out.text.size() <= Decoder::kSlack + Decoder::kMaxRatio * whole + 16 * 1024);
  out.ended = decoder->ended();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr ContentCoding kCodings[] = {ContentCoding::kGzip, ContentCoding::kDeflate, ContentCoding::kBrotli,
                                        ContentCoding::kZstd};
  constexpr const char* kNames[] = {"gzip", "deflate", "br", "zstd"};
  const std::string_view body = fuzz::as_text(data + 2, size - 2);
  const std::size_t which = data[0] % 4;
  const Decoded whole = decode(kCodings[which], body, body.size() + 1);
  const Decoded cut = decode(kCodings[which], body, 1 + data[1]);
  // Where a bomb or a mistake is noticed depends on the cuts; what comes out before does not (nor
  // whether bytes behind a gzip member are taken for padding or for another member's broken beginning). zstd alone leaves open what
  // a corrupt block decodes to.
  if (kCodings[which] != ContentCoding::kZstd) {
    const std::size_t both = std::min(whole.text.size(), cut.text.size());
    check(whole.text.compare(0, both, cut.text, 0, both) == 0);
  }

  UsageTap tap(Dialect::kAnthropic, data[1] % 2 == 0 ? BodyForm::kSse : BodyForm::kJson, kNames[which]);
  tap.feed(body);
  check(!tap.at_event_boundary());
  return 0;
}
