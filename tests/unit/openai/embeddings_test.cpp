#include "conversion.h"

namespace moongate::openai_test {
namespace {

constexpr OpenAiKind kKind = OpenAiKind::kEmbeddings;

TEST(Embeddings, AreAskedOfGeminiAsABatch) {
  expect_request(kKind, kGemini, "gemini-embedding-001", R"({"model":"x","input":["a","b"],"dimensions":3,"user":"u"})",
                 "/v1beta/models/gemini-embedding-001:batchEmbedContents",
                 R"({"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a"}]},"outputDimensionality":3},
                     {"model":"models/gemini-embedding-001","content":{"parts":[{"text":"b"}]},"outputDimensionality":3}]})");
}

TEST(Embeddings, AreAskedOfVertexAsAPredictionThatCutsNothing) {
  expect_request(kKind, Provider::kVertex, "gemini-embedding-001", R"({"model":"x","input":"a"})",
                 "/v1beta1/publishers/google/models/gemini-embedding-001:predict",
                 R"({"instances":[{"content":"a"}],"parameters":{"autoTruncate":false}})");
}

TEST(Embeddings, ComeAsNumbersWithTheirTokens) {
  EXPECT_EQ(answered(kKind, Provider::kVertex, R"({"input":["a","b"]})",
                     R"({"predictions":[{"embeddings":{"values":[0.1,-2],"statistics":{"token_count":3}}},
                         {"embeddings":{"values":[1e-7,3.25],"statistics":{"token_count":4}}}]})"),
            R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2]},{"object":"embedding","index":1,"embedding":[1e-07,3.25]}],)"
            R"("model":"the-model","usage":{"prompt_tokens":7,"total_tokens":7}})");
}

TEST(Embeddings, ComeAsBase64OfLittleEndianFloats) {
  EXPECT_EQ(answered(kKind, kGemini, R"({"input":"a","encoding_format":"base64"})", R"({"embeddings":[{"values":[1.0,-2.5]}]})"),
            R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAIMA="}],)"
            R"("model":"the-model","usage":{"prompt_tokens":0,"total_tokens":0}})");
}

TEST(Embeddings, HaveToBeOneForEachInput) {
  EXPECT_EQ(answered(kKind, kGemini, R"({"input":["a","b"]})", R"({"embeddings":[{"values":[1]}]})"),
            "error: The provider's answer has not one embedding for each input");
}

TEST(Embeddings, WhatCannotBeEmbeddedIsRefused) {
  const auto refused = [](std::string_view body) { return refusal(kKind, kGemini, "m", body); };
  EXPECT_EQ(refusal(kKind, kClaude, "m", R"({"input":"a"})"), "Claude makes no embeddings; use one of Google's embedding models");
  EXPECT_EQ(refused("{}"), "input must be a text or a list of at least one text");
  EXPECT_EQ(refused(R"({"input":[]})"), "input must be a text or a list of at least one text");
  EXPECT_EQ(refused(R"({"input":["a",""]})"), "input must not be empty");
  EXPECT_EQ(refused(R"({"input":[1,2]})"), "input[0] must be a text: tokens mean something to OpenAI's models only");
  EXPECT_EQ(refused(R"({"input":"a","encoding_format":"int8"})"), "encoding_format must be float or base64");
  EXPECT_EQ(refused(R"({"input":"a","dimensions":0})"), "dimensions must be at least 1");
}

}  // namespace
}  // namespace moongate::openai_test
