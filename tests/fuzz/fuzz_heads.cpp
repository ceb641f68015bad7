// Any bytes as a request's or response's head: however they come, the verdict and the fields are the same.
#include <string>

#include "fuzz_input.h"
#include "http/head.h"

namespace {

using namespace moongate;
using fuzz::check;

constexpr HeadLimits kLimits{2048, 20};

Result<HeadState> parse(std::string_view bytes, std::size_t& searched, RequestHead& head) {
  return parse_request_head(bytes, kLimits, searched, head);
}
Result<HeadState> parse(std::string_view bytes, std::size_t& searched, ResponseHead& head) {
  return parse_response_head(bytes, kLimits, searched, "GET", head);
}

template <class HeadType>
void check_head(std::string_view text, std::uint32_t seed) {
  HeadType whole;
  std::size_t searched = 0;
  const auto at_once = parse(text, searched, whole);

  HeadType cut;
  std::string come;
  std::size_t cut_searched = 0;
  Result<HeadState> by_pieces = HeadState::kMore;
  fuzz::in_pieces(text, seed, [&](std::string_view piece) {
    if (!by_pieces || *by_pieces == HeadState::kComplete) return;
    come += piece;
    by_pieces = parse(come, cut_searched, cut);
  });
  check(at_once.ok() == by_pieces.ok());
  if (!at_once) return;
  check(*at_once == *by_pieces);
  if (*at_once == HeadState::kMore) return;
  check(whole.size <= text.size() && whole.size == cut.size && whole.fields.size() == cut.fields.size());
  check(whole.framing == cut.framing && whole.content_length == cut.content_length);
  check(whole.keep_alive == cut.keep_alive);
  std::string fields;
  append_fields(whole, fields);
  check(text.substr(0, whole.size).ends_with(fields + "\r\n"));  // untouched, they are the bytes received
  for (std::size_t i = 0; i < whole.fields.size(); ++i) {
    check(whole.fields[i].name == cut.fields[i].name && whole.fields[i].value == cut.fields[i].value);
    check(whole.fields[i].value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    check(whole.find(whole.fields[i].name).found);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::as_text(data + 1, size - 1);
  check_head<RequestHead>(text, data[0]);
  check_head<ResponseHead>(text, data[0]);
  return 0;
}
