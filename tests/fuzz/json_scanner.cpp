// Any bytes as a JSON document: the same whole or in pieces, and captures that are where they say.
#include "protocol/json_scanner.h"

#include <string>

#include "fuzz_input.h"

namespace {

using namespace moongate;
using fuzz::check;

constexpr std::size_t kKeys = 3;

JsonScanner make(JsonScanner::Shape shape) { return JsonScanner({"model", "stream", "a"}, 24, shape); }

void check_captures(const JsonScanner& scanner, std::string_view text) {
  for (std::size_t i = 0; i < kKeys; ++i) {
    const JsonScanner::Capture& c = scanner.capture(i);
    check(c.raw.size() <= 24);
    if (!scanner.seen(i)) continue;
    if (scanner.state() == JsonScanner::State::kDone) {
      check(c.end <= text.size() && c.key_begin < c.begin && c.begin < c.end);
      check(text[c.key_begin] == '"');
      check(text.substr(c.begin, c.raw.size()) == c.raw);
      check(c.truncated == (c.end - c.begin > 24));
    }
    std::string decoded;
    decode_json_string(c.raw, decoded);
    std::uint64_t number = 0;
    decode_json_uint(c.raw, number);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::as_text(data + 1, size - 1);
  const auto shape = data[0] % 2 == 0 ? JsonScanner::Shape::kObject : JsonScanner::Shape::kArrayOfObjects;
  JsonScanner whole = make(shape);
  whole.feed(text);
  check_captures(whole, text);
  JsonScanner cut = make(shape);
  fuzz::in_pieces(text, data[0], [&](std::string_view piece) { cut.feed(piece); });
  check(cut.state() == whole.state() && cut.consumed() == whole.consumed());
  for (std::size_t i = 0; i < kKeys; ++i) {
    const JsonScanner::Capture& a = whole.capture(i);
    const JsonScanner::Capture& b = cut.capture(i);
    check(a.raw == b.raw && a.key_begin == b.key_begin && a.begin == b.begin && a.end == b.end &&
          a.count == b.count && a.truncated == b.truncated);
  }
  cut.reset();
  cut.feed(text);
  check(cut.state() == whole.state() && cut.capture(0).raw == whole.capture(0).raw);
  return 0;
}
