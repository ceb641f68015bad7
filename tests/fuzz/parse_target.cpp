// Any bytes as a request target: what is understood must stay inside them, and what is rewritten must be a
// clean target that means the same.
#include <algorithm>
#include <string>

#include "fuzz_input.h"
#include "protocol/api.h"
#include "protocol/target_check.h"

namespace {

using namespace moongate;
using fuzz::check;

void check_views(const ApiTarget& t, std::string_view text) {
  for (const std::string_view view :
       {t.version, t.project, t.location, t.model, t.verb, t.path, t.query, t.key}) {
    check(view.empty() ||
          (view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size()));
  }
}

void check_rewritten(const ApiTarget& from, Provider provider) {
  const Result<std::string> out = upstream_request_target(
      from, {provider, "acme", from.location.empty() ? "global" : "", "model@1", true});
  check(out.ok() == can_serve(from, provider));
  if (!out.ok()) return;
  const std::string_view text = *out;
  check(text.starts_with('/') && !text.starts_with("//"));
  check(std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20; }));
  const std::size_t question = text.find('?');
  check(!path_is_dangerous(text.substr(0, question)));
  const ApiTarget again = parse_target("POST", text);
  check(again.key.empty());
  if (from.operation == Operation::kTelemetry || from.shared) return;
  const bool same_dialect = again.dialect == from.dialect;
  if (same_dialect) check(again.operation == from.operation);
  check(again.operation != Operation::kNone);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  for (const std::string_view method : {"GET", "POST", ""}) {
    ApiTarget target = parse_target(method, text);
    check_views(target, text);
    check(target.method_allowed || !target.allow.empty());
    if (target.operation == Operation::kNone) check(target.model.empty() && target.project.empty());
    refine_dialect(target, size % 2 != 0, size % 3 != 0);
    const std::string model = decode_segment(target.model);
    check(model.size() <= target.model.size());
    check(model.find('\0') == std::string::npos);
    for (const Provider provider :
         {Provider::kVertex, Provider::kVertexClaude, Provider::kAnthropic, Provider::kGemini}) {
      check_rewritten(target, provider);
    }
    const std::string error = error_body(target.dialect, {400, text, text, text, 1});
    check(error.find('\n') == std::string::npos);
  }
  return 0;
}
