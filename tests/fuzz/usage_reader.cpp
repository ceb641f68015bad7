// Any bytes as an answer: the same numbers whole or in pieces, and an error put at a boundary keeps the
// stream whole.
#include <string>

#include "fuzz_input.h"
#include "protocol/usage.h"

namespace {

using namespace moongate;
using fuzz::check;

void check_same(const UsageReader& a, const UsageReader& b) {
  check(a.usage() == b.usage() && a.raw_usage() == b.raw_usage());
  check(a.final_event_seen() == b.final_event_seen() && a.error_event_seen() == b.error_event_seen());
  check(a.at_event_boundary() == b.at_event_boundary() && a.elements() == b.elements() &&
        a.model() == b.model());
  check(a.array_position() == b.array_position());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::as_text(data + 1, size - 1);
  const Dialect dialect = data[0] % 2 == 0 ? Dialect::kAnthropic : Dialect::kVertexGemini;
  const BodyForm form = static_cast<BodyForm>(data[0] / 2 % 3);
  UsageReader whole(dialect, form);
  whole.feed(text);
  UsageReader cut(dialect, form);
  fuzz::in_pieces(text, data[0], [&](std::string_view piece) { cut.feed(piece); });
  check_same(whole, cut);
  for (const std::int64_t value : {whole.usage().input, whole.usage().output, whole.usage().cache_write_5m,
                                   whole.usage().audio_input, whole.usage().audio_output, whole.usage().images}) {
    check(value >= Usage::kUnset);
  }
  check(whole.usage().uncounted_text_bytes >= 0);
  check(whole.usage().uncounted_text_bytes <= static_cast<std::int64_t>(text.size()));
  check(whole.raw_usage().size() <= kRawUsageBytes && whole.raw_usage().size() <= text.size() + 64);
  if (!whole.at_event_boundary()) return 0;
  const ErrorText error{503, "gone", "r", "", -1};
  if (form == BodyForm::kSse) {
    whole.feed(error_event(dialect, error));
    check(whole.error_event_seen() && whole.at_event_boundary());
  } else if (form == BodyForm::kJsonArray) {
    whole.feed(error_array_tail(error, whole.array_position()));
    check(whole.array_position() == ArrayPosition::kAfterArray);
    if (dialect == Dialect::kVertexGemini) check(whole.error_event_seen());
  }
  return 0;
}
