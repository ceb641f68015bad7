// Any bytes as a provider's refusal and as a caller's conversation: bounded answers, and edits that end in the same place.
#include "protocol/upstream_error.h"

#include "fuzz_input.h"
#include "protocol/conversation.h"
#include "protocol/thinking_strip.h"

namespace {
using namespace moongate;
using fuzz::check;
constexpr int kStatuses[] = {200, 400, 401, 402, 403, 404, 429, 500, 503, 529};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text = fuzz::as_text(data + 2, size - 2);
  UpstreamErrorHeaders headers;
  headers.retry_after = headers.retry_after_ms = text.substr(0, data[1] % 40);
  const UpstreamError error = read_upstream_error(kStatuses[data[0] % 10], headers, text, data[1] > 127, 1'792'567'680);
  check(error.retry_after_ms >= -1 && error.retry_after_ms <= UpstreamError::kLongestWaitMs);
  check(error.reason.size() <= 64 && error.values.size() <= 16);
  check((error.fault == UpstreamFault::kNone) == (error.status < 400));
  if (const auto stripped = strip_thinking(text)) {
    check(stripped->size() < text.size());
  }
  const ConversationMarks marks = read_conversation(text);
  check(marks.user.size() <= 1024);
  for (const std::string& name : {resource_of_name(text), resource_in_body(Operation::kGenerate, text), resource_of_upload_url(text)}) {
    check(name.size() <= 600);
  }
  return 0;
}
