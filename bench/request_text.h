// The request that the load client sends: what the Anthropic SDK for Node puts on the wire.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace moongate::bench {

inline constexpr int kCallers = 1000;  // the keys bench-client-key-0000 … 0999
inline constexpr std::string_view kModels[] = {"claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5"};

class RequestText {
 public:
  // A body of exactly `body_bytes` (at least 400), the model first. `note`, if any, goes into
  // metadata.user_id, where the upstream finds what it shall stream; `stream` adds "stream":true at the end,
  // where the SDK puts it.
  RequestText(std::string_view host, std::string_view model, std::size_t body_bytes, std::string_view note,
              bool stream);

  // The whole request with the key of that caller; valid until the next call.
  std::string_view as_caller(int number);

 private:
  std::string text_;
  std::size_t key_at_ = 0;
};

}  // namespace moongate::bench
