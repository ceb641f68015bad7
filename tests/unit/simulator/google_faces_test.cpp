#include "simulator_fixture.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

constexpr std::string_view kHi = R"({"contents":[{"role":"user","parts":[{"text":"hi there"}]}]})";
const std::string kVertexModel =
    "/v1/projects/p1/locations/us-central1/publishers/google/models/gemini-2.5-pro";
const std::string kClaudeModel =
    "/v1/projects/p1/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929";

class GoogleFaces : public SimulatorTest {
 protected:
  HeaderList bearer() { return {{"authorization", "Bearer " + access_token()}}; }
  static std::string reason(const Response& response) {
    return std::string(parsed(response.body).at("error").at("details").at(0).at("reason").as_string());
  }
  static std::string text_of(const json::value& body) {
    return std::string(body.at("candidates").at(0).at("content").at("parts").at(0).at("text").as_string());
  }
};

TEST_F(GoogleFaces, GeminiAnswersWithPredictableCounts) {
  const Response response = gemini("hi there");
  EXPECT_EQ(response.status, 200);
  const json::value body = parsed(response.body);
  EXPECT_EQ(text_of(body), "Hello from the simulator. You said: hi there");
  EXPECT_EQ(body.at("candidates").at(0).at("finishReason"), "STOP");
  EXPECT_EQ(body.at("usageMetadata").at("promptTokenCount"), 2);
  EXPECT_EQ(body.at("usageMetadata").at("candidatesTokenCount"), 8);
  EXPECT_EQ(body.at("usageMetadata").at("totalTokenCount"), 10);
  EXPECT_EQ(body.at("modelVersion"), "gemini-2.5-pro");
}

TEST_F(GoogleFaces, GeminiStreamsSseWithCrlfAndCumulativeUsage) {
  const Response response = gemini("hi there", "streamGenerateContent?alt=sse");
  EXPECT_EQ(response.header("content-type"), "text/event-stream");
  EXPECT_NE(response.body.find("\r\n\r\n"), std::string::npos);
  const std::vector<std::string> data = sse_data(response.body);
  ASSERT_EQ(data.size(), 9u);
  EXPECT_TRUE(sse_names(response.body).empty());
  std::string text;
  for (const std::string& each : data) text += text_of(parsed(each));
  EXPECT_EQ(text, "Hello from the simulator. You said: hi there");
  EXPECT_EQ(parsed(data[1]).at("usageMetadata").at("candidatesTokenCount"), 2);
  EXPECT_EQ(parsed(data.back()).at("usageMetadata").at("candidatesTokenCount"), 8);
  EXPECT_EQ(parsed(data.back()).at("candidates").at(0).at("finishReason"), "STOP");
  EXPECT_EQ(parsed(data.front()).at("candidates").at(0).as_object().count("finishReason"), 0u);
}

TEST_F(GoogleFaces, WithoutAltSseTheStreamIsOnePrettyArray) {
  const Response response = gemini("hi there", "streamGenerateContent");
  EXPECT_EQ(response.header("content-type"), "application/json; charset=UTF-8");
  EXPECT_EQ(parsed(response.body).as_array().size(), 9u);
  EXPECT_NE(response.body.find("\n      \"content\": {"), std::string::npos);
}

TEST_F(GoogleFaces, AnErrorOfAStreamWithoutAltSseIsWrappedInAnArray) {
  EXPECT_EQ(parsed(gemini("hi", "streamGenerateContent", "status=503").body).at(0).at("error").at("status"),
            "UNAVAILABLE");
  EXPECT_EQ(parsed(gemini("hi", "streamGenerateContent?alt=sse", "status=503").body).at("error").at("code"),
            503);
}

TEST_F(GoogleFaces, ThoughtsAndCacheStandInTheirOwnFields) {
  const json::value body =
      parsed(gemini("hi there", "generateContent", "thoughts=40 cache-read=30 thinking=1").body);
  const json::value& usage = body.at("usageMetadata");
  EXPECT_EQ(body.at("candidates").at(0).at("content").at("parts").at(0).at("thought"), true);
  EXPECT_EQ(usage.at("promptTokenCount"), 32);
  EXPECT_EQ(usage.at("cachedContentTokenCount"), 30);
  EXPECT_EQ(usage.at("candidatesTokenCount"), 8);
  EXPECT_EQ(usage.at("thoughtsTokenCount"), 40);
  EXPECT_EQ(usage.at("totalTokenCount"), 80);
  EXPECT_EQ(usage.at("promptTokensDetails").at(0).at("tokenCount"), 32);
}

TEST_F(GoogleFaces, GeminiCallsAFunction) {
  const std::string body =
      R"({"contents":[{"parts":[{"text":"go"}]}],"tools":[{"functionDeclarations":[{"name":"weather",
    "parameters":{"type":"OBJECT","properties":{"city":{"type":"STRING"}}}}]}],
    "toolConfig":{"functionCallingConfig":{"mode":"ANY"}}})";
  for (const char* verb : {"generateContent", "streamGenerateContent"}) {
    const Response response =
        exchange("POST", std::string("/v1beta/models/g:") + verb, {{"x-goog-api-key", "k"}}, body);
    json::value answer = parsed(response.body);
    if (answer.is_array()) answer = json::value(answer.at(0));
    const json::value& call =
        answer.at("candidates").at(0).at("content").at("parts").at(0).at("functionCall");
    EXPECT_EQ(call.at("name"), "weather");
    EXPECT_EQ(call.at("args"), (json::value{{"city", "city"}}));
  }
}

TEST_F(GoogleFaces, TheDeveloperApiJudgesKeysAsGoogleDoes) {
  EXPECT_EQ(exchange("POST", "/v1beta/models/g:generateContent?key=k", {}, kHi).status, 200);
  EXPECT_EQ(exchange("POST", "/v1/models/g:generateContent", {{"x-goog-api-key", "k"}}, kHi).status, 200);
  EXPECT_EQ(exchange("POST", "/v1beta/models/g:generateContent", bearer(), kHi).status, 200);
  const Response bad =
      exchange("POST", "/v1beta/models/g:generateContent", {{"x-goog-api-key", "sim-bad"}}, kHi);
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(reason(bad), "API_KEY_INVALID");
  const Response none = exchange("POST", "/v1beta/models/g:generateContent", {}, kHi);
  EXPECT_EQ(none.status, 403);
  EXPECT_EQ(parsed(none.body).at("error").at("status"), "PERMISSION_DENIED");
}

TEST_F(GoogleFaces, TheDeveloperApiCountsEmbedsAndListsModels) {
  const HeaderList key{{"x-goog-api-key", "k"}};
  EXPECT_EQ(parsed(exchange("POST", "/v1beta/models/g:countTokens", key, kHi).body).at("totalTokens"), 2);
  EXPECT_EQ(parsed(exchange("POST", "/v1beta/models/g:countTokens", key,
                            R"({"generateContentRequest":{"contents":[{"parts":[{"text":"a b c"}]}]}})")
                       .body)
                .at("totalTokens"),
            3);
  const std::string one = R"({"content":{"parts":[{"text":"word"}]},"outputDimensionality":8})";
  const json::value single = parsed(exchange("POST", "/v1beta/models/g:embedContent", key, one).body);
  EXPECT_EQ(single.at("embedding").at("values").as_array().size(), 8u);
  const json::value batch = parsed(
      exchange("POST", "/v1beta/models/g:batchEmbedContents", key, "{\"requests\":[" + one + "," + one + "]}")
          .body);
  EXPECT_EQ(batch.at("embeddings").at(1).at("values"), single.at("embedding").at("values"));
  const json::value models = parsed(exchange("GET", "/v1beta/models", key).body);
  const std::string name(models.at("models").at(0).at("name").as_string());
  EXPECT_EQ(parsed(exchange("GET", "/v1beta/" + name, key).body).at("name"), json::value(name));
  EXPECT_EQ(parsed(exchange("GET", "/v1/models", key).body), models);
  EXPECT_EQ(exchange("GET", "/v1beta/models/none", key).status, 404);
}

TEST_F(GoogleFaces, BadBodiesGetGooglesError) {
  for (const char* body : {"{", "[]", "{}", R"({"contents":[]})"}) {
    const Response response =
        exchange("POST", "/v1beta/models/g:generateContent", {{"x-goog-api-key", "k"}}, body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(parsed(response.body).at("error").at("status"), "INVALID_ARGUMENT");
  }
  EXPECT_EQ(
      exchange("POST", "/v1beta/models/no-such-model:generateContent", {{"x-goog-api-key", "k"}}, kHi).status,
      404);
  EXPECT_EQ(exchange("POST", "/v1beta/models/g:doSomething", {{"x-goog-api-key", "k"}}, kHi).status, 404);
}

TEST_F(GoogleFaces, A429CarriesRetryInfo) {
  const Response response = gemini("hi", "generateContent", "status=429 retry-after=7");
  EXPECT_EQ(response.header("retry-after"), "7");
  const json::value error = parsed(response.body).at("error");
  EXPECT_EQ(error.at("status"), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(error.at("details").at(0).at("retryDelay"), "7s");
}

TEST_F(GoogleFaces, VertexTakesATokenOfTheTokenEndpoint) {
  const json::value body = parsed(exchange("POST", kVertexModel + ":generateContent", bearer(), kHi).body);
  EXPECT_EQ(text_of(body), "Hello from the simulator. You said: hi there");
  EXPECT_EQ(body.at("usageMetadata").at("trafficType"), "ON_DEMAND");
}

TEST_F(GoogleFaces, VertexTellsTheUsageOnTheLastPieceOnly) {
  const Response response = exchange("POST", kVertexModel + ":streamGenerateContent?alt=sse", bearer(), kHi);
  const std::vector<std::string> data = sse_data(response.body);
  EXPECT_EQ(parsed(data.front()).at("usageMetadata"), (json::value{{"trafficType", "ON_DEMAND"}}));
  EXPECT_EQ(parsed(data.back()).at("usageMetadata").at("totalTokenCount"), 10);
}

TEST_F(GoogleFaces, VertexRefusesWhatTheTokenEndpointDidNotIssue) {
  const std::string target = kVertexModel + ":generateContent";
  const Response none = exchange("POST", target, {}, kHi);
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(reason(none), "CREDENTIALS_MISSING");
  const Response unknown = exchange("POST", target, {{"authorization", "Bearer ya29.sim-made-up"}}, kHi);
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(reason(unknown), "ACCESS_TOKEN_TYPE_UNSUPPORTED");
  EXPECT_FALSE(unknown.header("www-authenticate").empty());
  const Response key = exchange("POST", target, {{"x-goog-api-key", "k"}}, kHi);
  EXPECT_EQ(key.status, 401);
}

TEST_F(GoogleFaces, VertexRefusesATokenThatHasExpired) {
  const HeaderList headers = bearer();
  clock.advance_ms(3'598'000);
  EXPECT_EQ(exchange("POST", kVertexModel + ":generateContent", headers, kHi).status, 200);
  clock.advance_ms(1'000);
  EXPECT_EQ(exchange("POST", kVertexModel + ":generateContent", headers, kHi).status, 401);
}

TEST_F(GoogleFaces, ExpireTokensAnswersAndThenRefusesEveryTokenIssuedBefore) {
  HeaderList headers = bearer();
  const HeaderList other = bearer();
  headers.emplace_back("x-simulator", "expire-tokens=1");
  EXPECT_EQ(exchange("POST", kVertexModel + ":generateContent", headers, kHi).status, 200);
  EXPECT_EQ(exchange("POST", kVertexModel + ":generateContent", headers, kHi).status, 401);
  EXPECT_EQ(exchange("POST", kVertexModel + ":generateContent", other, kHi).status, 401);
  EXPECT_EQ(exchange("POST", kVertexModel + ":generateContent", bearer(), kHi).status, 200);
}

TEST_F(GoogleFaces, ExpressModeTakesAKeyAndNoProject) {
  const std::string target = "/v1beta1/publishers/google/models/gemini-2.5-flash:generateContent";
  EXPECT_EQ(exchange("POST", target, {{"x-goog-api-key", "k"}}, kHi).status, 200);
  EXPECT_EQ(exchange("POST", target, {}, kHi).status, 401);
  EXPECT_EQ(exchange("GET", "/v1beta1/publishers/google/models", {{"x-goog-api-key", "k"}}).status, 200);
}

TEST_F(GoogleFaces, VertexCountsAndPredicts) {
  const HeaderList headers = bearer();
  const json::value count = parsed(exchange("POST", kVertexModel + ":countTokens", headers, kHi).body);
  EXPECT_EQ(count.at("totalTokens"), 2);
  EXPECT_EQ(count.at("totalBillableCharacters"), 7);
  const json::value embedded =
      parsed(exchange("POST", kVertexModel + ":predict", headers,
                      R"({"instances":[{"content":"two words"}],"parameters":{"outputDimensionality":4}})")
                 .body);
  const json::value& embedding = embedded.at("predictions").at(0).at("embeddings");
  EXPECT_EQ(embedding.at("values").as_array().size(), 4u);
  EXPECT_EQ(embedding.at("statistics").at("token_count"), 2);
  const json::value painted = parsed(
      exchange("POST", kVertexModel + ":predict", headers, R"({"instances":[{"prompt":"a cat"}]})").body);
  EXPECT_EQ(painted.at("predictions").at(0).at("mimeType"), "image/png");
}

TEST_F(GoogleFaces, AnOperationIsKnownToItsProjectAlone) {
  const HeaderList headers = bearer();
  const std::string veo = "/locations/us-central1/publishers/google/models/veo-3";
  const json::value started = parsed(exchange("POST", "/v1/projects/p1" + veo + ":predictLongRunning",
                                              headers, R"({"instances":[{"prompt":"waves"}]})")
                                         .body);
  const std::string fetch = json::serialize(json::object{{"operationName", started.at("name")}});
  const auto poll = [&](const std::string& project) {
    return exchange("POST", "/v1/projects/" + project + veo + ":fetchPredictOperation", headers, fetch);
  };
  EXPECT_EQ(poll("p2").status, 404);
  EXPECT_EQ(parsed(poll("p1").body).as_object().count("done"), 0u);
  const json::value done = parsed(poll("p1").body);
  EXPECT_EQ(done.at("done"), true);
  EXPECT_EQ(done.at("response").at("videos").at(0).at("mimeType"), "video/mp4");
}

TEST_F(GoogleFaces, ClaudeOnVertexWantsItsVersionInTheBodyAndTheModelInThePath) {
  const HeaderList headers = bearer();
  const std::string rest = R"("max_tokens":50,"messages":[{"role":"user","content":"hi"}]})";
  const Response good = exchange("POST", kClaudeModel + ":rawPredict", headers,
                                 R"({"anthropic_version":"vertex-2023-10-16",)" + rest);
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(parsed(good.body).at("model"), "claude-sonnet-4-5@20250929");
  EXPECT_TRUE(parsed(good.body).at("id").as_string().starts_with("msg_vrtx_"));
  EXPECT_TRUE(good.header("request-id").starts_with("req_vrtx_"));
  const Response no_version = exchange("POST", kClaudeModel + ":rawPredict", headers, "{" + rest);
  EXPECT_EQ(no_version.status, 400);
  EXPECT_EQ(parsed(no_version.body).at("error").at("message"), "anthropic_version: Field required");
  const Response with_model =
      exchange("POST", kClaudeModel + ":rawPredict", headers,
               R"({"anthropic_version":"vertex-2023-10-16","model":"claude",)" + rest);
  EXPECT_EQ(with_model.status, 400);
  EXPECT_EQ(parsed(with_model.body).at("error").at("message"), "model: Extra inputs are not permitted");
  EXPECT_EQ(exchange("POST", kClaudeModel + ":rawPredict", {{"x-api-key", "k"}}, "{" + rest).status, 401);
}

TEST_F(GoogleFaces, ClaudeOnVertexStreamsAndCounts) {
  const HeaderList headers = bearer();
  const Response stream = exchange(
      "POST", kClaudeModel + ":streamRawPredict", headers,
      R"({"anthropic_version":"vertex-2023-10-16","stream":true,"max_tokens":50,"messages":[{"role":"user","content":"hi"}]})");
  EXPECT_EQ(claude_text(stream.body), "Hello from the simulator. You said: hi");
  const Response count = exchange(
      "POST", "/v1/projects/p1/locations/global/publishers/anthropic/models/count-tokens:rawPredict", headers,
      R"({"anthropic_version":"vertex-2023-10-16","model":"claude-x","messages":[{"role":"user","content":"a b c"}]})");
  EXPECT_EQ(parsed(count.body), (json::value{{"input_tokens", 3}}));
}

TEST_F(GoogleFaces, ClaudeOnVertexFailsInEitherVendorsShape) {
  HeaderList headers = bearer();
  const std::string body =
      R"({"anthropic_version":"v","max_tokens":50,"messages":[{"role":"user","content":"hi FAULT"}]})";
  const auto with = [&](const char* fault) {
    std::string text = body;
    return exchange("POST", kClaudeModel + ":rawPredict", headers, text.replace(text.find("FAULT"), 5, fault))
        .body;
  };
  EXPECT_EQ(parsed(with("[[sim: status=529]]")).at("error").at("type"), "overloaded_error");
  EXPECT_EQ(parsed(with("[[sim: status=429 error=RESOURCE_EXHAUSTED]]")).at("error").at("status"),
            "RESOURCE_EXHAUSTED");
}

TEST_F(GoogleFaces, PathsMayBePercentEncoded) {
  std::string target = kClaudeModel;
  target.replace(target.find('@'), 1, "%40");
  EXPECT_EQ(
      parsed(
          exchange("POST", target + ":rawPredict", bearer(),
                   R"({"anthropic_version":"v","max_tokens":50,"messages":[{"role":"user","content":"hi"}]})")
              .body)
          .at("model"),
      "claude-sonnet-4-5@20250929");
}

}  // namespace
}  // namespace moongate::sim
