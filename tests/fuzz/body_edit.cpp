// Any bytes as a request body: an edited body is a JSON object without what was to go and with what was to
// come.
#include "protocol/body_edit.h"

#include "fuzz_input.h"

namespace {

using namespace moongate;
using fuzz::check;

void check_edited(std::string_view body, bool count_tokens, bool stream) {
  const Result<BodyEdits> to_vertex = claude_body_for_vertex(body, count_tokens, "m\"@1", "v");
  const Result<BodyEdits> to_anthropic = claude_body_for_anthropic(body, "m", stream);
  if (to_vertex.ok()) {
    const std::string out = to_vertex->apply(body);
    JsonScanner scanner({"model", "anthropic_version"}, 16);
    check(scanner.feed(out) == JsonScanner::State::kDone);
    check(scanner.capture(0).count == (count_tokens ? 1U : 0U) && scanner.capture(1).count == 1);
    check(static_cast<std::ptrdiff_t>(out.size()) ==
          static_cast<std::ptrdiff_t>(body.size()) + to_vertex->growth());
  }
  if (to_anthropic.ok()) {
    const std::string out = to_anthropic->apply(body);
    JsonScanner scanner({"model", "anthropic_version", "stream"}, 16);
    check(scanner.feed(out) == JsonScanner::State::kDone);
    check(scanner.capture(0).count == 1 && scanner.capture(0).raw == "\"m\"" && !scanner.seen(1));
    if (stream) check(scanner.seen(2));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  check_edited(fuzz::as_text(data + 1, size - 1), data[0] % 2 == 0, data[0] / 2 % 2 == 0);
  return 0;
}
