// Any bytes as a request of OpenAI's and as the answer to it: a request that is read can be told to a provider or is refused,
// what is told is JSON, and a stream ends once.
#include "openai/openai_call.h"

#include <boost/json/parse.hpp>

#include "fuzz_input.h"

namespace {

using namespace moongate;
using fuzz::check;

constexpr Provider kProviders[] = {Provider::kAnthropic, Provider::kVertexClaude, Provider::kGemini, Provider::kVertex};

bool is_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 512;
  boost::json::error_code bad;
  boost::json::parse(text, bad, {}, options);
  return !bad;
}

void answer(OpenAiCall& call, Provider provider, std::string_view text) {
  call.begin_answer(provider, "m", "r", 1'700'000'000);
  const auto told = call.answer(text);
  if (told.ok()) check(is_json(told.value()));
  if (!call.stream()) return;
  call.begin_answer(provider, "m", "r", 1'700'000'000);
  std::string out;
  while (!text.empty()) {  // an event a line
    const std::size_t end = text.find('\n');
    call.event({}, text.substr(0, end), out);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  call.end(out);
  check(out.ends_with("\n\n"));
  const std::size_t size = out.size();
  call.end(out);
  check(out.size() == size);
}

}  // namespace

// Two bytes that choose, the request, a NUL, the answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto kind = static_cast<OpenAiKind>(data[0] % 4);
  const Provider provider = kProviders[data[1] % 4];
  const std::string_view text = fuzz::as_text(data + 2, size - 2);
  const std::size_t nul = text.find('\0');
  const std::string_view rest = nul == std::string_view::npos ? std::string_view() : text.substr(nul + 1);
  check(is_json(openai_error(provider, 400, rest, "r")));
  auto call = OpenAiCall::read(kind, text.substr(0, nul));
  if (!call.ok()) {
    check(call.error().kind == ErrorKind::kInvalid && !call.error().message.empty());
    return 0;
  }
  const auto request = call.value()->request_for(provider, (data[1] & 4) != 0 ? "gemini-3-pro" : "claude-sonnet-4-5");
  if (request.ok()) {
    check(is_json(request.value().body));
    check(request.value().target.starts_with("/v1"));
  } else {
    check(request.error().kind == ErrorKind::kInvalid);
  }
  answer(*call.value(), provider, rest);
  return 0;
}
