#include "openai/openai_call.h"

#include "openai/embeddings_call.h"
#include "openai/generation_call.h"

namespace moongate {

Result<std::unique_ptr<OpenAiCall>> OpenAiCall::read(OpenAiKind kind, std::string_view body) {
  Result<openai::JsonDocument> document = openai::JsonDocument::parse(body);
  if (!document) {
    Error error = std::move(document).error();
    error.kind = ErrorKind::kInvalid;
    return error;
  }
  if (kind == OpenAiKind::kEmbeddings) return openai::read_embeddings(std::move(document).value());
  return openai::read_generation(kind, std::move(document).value());
}

}  // namespace moongate
