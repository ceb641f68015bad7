// The OpenAI-compatible face: one call of it, told in the language of the provider that answers, and the answer told back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/api.h"

namespace moongate {

enum class OpenAiKind : std::uint8_t { kChat, kCompletions, kResponses, kEmbeddings };

// Pure: no clock, no network, no memory of other calls. One thread.
class OpenAiCall {
 public:
  virtual ~OpenAiCall() = default;

  // `body` is the caller's, whole. kInvalid, with a message for the caller that names the member: no JSON object, or
  // something that no provider behind this gateway can do (n above 1, logprobs, previous_response_id, …). What has no
  // effect elsewhere (user, store, metadata, service_tier, …) is passed over in silence.
  static Result<std::unique_ptr<OpenAiCall>> read(OpenAiKind kind, std::string_view body);

  virtual bool stream() const = 0;

  // The same request for a provider: what would have been sent to the native face of this gateway. `target` is
  // "/v1/messages", "/v1beta/models/{model}:streamGenerateContent?alt=sse", …; `model` is percent-encoded in it, and
  // stands in a Messages body. May be asked again for another provider. kInvalid: that provider cannot do it.
  struct Native {
    std::string target;
    std::string body;
  };
  virtual Result<Native> request_for(Provider provider, std::string_view model) const = 0;

  // Before an answer with status 2xx. `model` is what the caller is told, `id` the request's, `now_s` Unix seconds.
  virtual void begin_answer(Provider provider, std::string_view model, std::string_view id, std::int64_t now_s) = 0;
  // An answer that is no stream. kInternal: it is not what this provider says.
  virtual Result<std::string> answer(std::string_view body) = 0;
  // One server-sent event of a streamed answer (its "event:" name, its data); what the client is to be sent is appended,
  // whole events.
  virtual void event(std::string_view name, std::string_view data, std::string& out) = 0;
  // The stream has ended as its provider ends one: what closes it here ("data: [DONE]", "response.completed", …).
  virtual void end(std::string& out) = 0;
};

// An error of the provider's as OpenAI's clients read it. Whatever `body` is, the result is a JSON error object.
std::string openai_error(Provider provider, int status, std::string_view body, std::string_view request_id);

}  // namespace moongate
