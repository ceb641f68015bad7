#include "simulator_fixture.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

class AnthropicFace : public SimulatorTest {};

std::string error_type(const Response& response) {
  return std::string(parsed(response.body).at("error").at("type").as_string());
}

TEST_F(AnthropicFace, AnswersWithWhatTheUserSaidAndPredictableCounts) {
  const Response response = claude("good day to you");
  EXPECT_EQ(response.status, 200);
  const json::value body = parsed(response.body);
  EXPECT_EQ(body.at("type"), "message");
  EXPECT_EQ(body.at("model"), "claude-sonnet-4-5");
  EXPECT_EQ(body.at("stop_reason"), "end_turn");
  EXPECT_EQ(body.at("content").at(0).at("text"), "Hello from the simulator. You said: good day to you");
  EXPECT_EQ(body.at("usage").at("input_tokens"), 4);
  EXPECT_EQ(body.at("usage").at("output_tokens"), 10);
  EXPECT_FALSE(response.header("request-id").empty());
}

TEST_F(AnthropicFace, QuotesTwoHundredCharactersAtMost) {
  std::string said;
  for (int i = 0; i < 300; ++i) said += "é";
  const json::value body = parsed(claude(said).body);
  const std::string text(body.at("content").at(0).at("text").as_string());
  EXPECT_EQ(text, "Hello from the simulator. You said: " + said.substr(0, 400));
}

TEST_F(AnthropicFace, StreamsAWordPerEventInTheVendorsOrder) {
  const Response response = claude_stream("hi");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_TRUE(response.whole);
  const std::vector<std::string> names = sse_names(response.body);
  ASSERT_EQ(names.size(), 12u);
  EXPECT_EQ(names.front(), "message_start");
  EXPECT_EQ(names[1], "content_block_start");
  for (std::size_t i = 2; i < 9; ++i) EXPECT_EQ(names[i], "content_block_delta");
  EXPECT_EQ(names[9], "content_block_stop");
  EXPECT_EQ(names[10], "message_delta");
  EXPECT_EQ(names[11], "message_stop");
  EXPECT_EQ(claude_text(response.body), "Hello from the simulator. You said: hi");
  const std::vector<std::string> data = sse_data(response.body);
  EXPECT_EQ(parsed(data.front()).at("message").at("usage").at("input_tokens"), 1);
  EXPECT_EQ(parsed(data[10]).at("usage").at("output_tokens"), 7);
}

TEST_F(AnthropicFace, EachEventIsAChunkOfItsOwn) {
  const Response response = claude_stream("hi");
  EXPECT_EQ(response.chunks.size(), sse_data(response.body).size());
}

TEST_F(AnthropicFace, TellsCacheUsageByTier) {
  const json::value usage =
      parsed(claude("hi", "cache-read=30 cache-write=5 cache-write-1h=7").body).at("usage");
  EXPECT_EQ(usage.at("input_tokens"), 1);
  EXPECT_EQ(usage.at("cache_read_input_tokens"), 30);
  EXPECT_EQ(usage.at("cache_creation_input_tokens"), 12);
  EXPECT_EQ(usage.at("cache_creation").at("ephemeral_5m_input_tokens"), 5);
  EXPECT_EQ(usage.at("cache_creation").at("ephemeral_1h_input_tokens"), 7);
}

TEST_F(AnthropicFace, ShortUsageLeavesTheInputOutOfTheClosingEvent) {
  const auto closing = [this](const std::string& faults) {
    const std::vector<std::string> data = sse_data(claude_stream("hi", faults).body);
    return parsed(data[data.size() - 2]).at("usage");
  };
  EXPECT_EQ(closing("cache-read=9").at("cache_read_input_tokens"), 9);
  EXPECT_EQ(closing("cache-read=9 short-usage=1"), (json::value{{"output_tokens", 7}}));
}

TEST_F(AnthropicFace, ThinksWithASignatureAndCountsItAsOutput) {
  const json::value plain = parsed(claude("hi", "thinking=1").body);
  EXPECT_EQ(plain.at("content").at(0).at("type"), "thinking");
  const std::string signature(plain.at("content").at(0).at("signature").as_string());
  EXPECT_FALSE(signature.empty());
  EXPECT_EQ(plain.at("usage").at("output_tokens"), 7 + 11);
  EXPECT_EQ(plain.at("usage").at("output_tokens_details").at("thinking_tokens"), 11);
  const Response stream = claude_stream("hi", "thinking=1");
  EXPECT_NE(stream.body.find("\"signature\":\"" + signature), std::string::npos);
  EXPECT_EQ(claude_text(stream.body), "Hello from the simulator. You said: hi");
}

constexpr std::string_view kWithTool = R"({"model":"claude-x","max_tokens":99,"stream":STREAM,
  "tools":[{"name":"weather","input_schema":{"type":"object","required":["city"],"properties":{"city":{"type":"string"}}}}],
  "messages":[{"role":"user","content":"how is it [[sim: tool=1]]"}]})";

std::string with_tool(const char* stream) {
  std::string body(kWithTool);
  return body.replace(body.find("STREAM"), 6, stream);
}

TEST_F(AnthropicFace, CallsTheFirstToolWithArgumentsThatFitItsSchema) {
  const json::value body =
      parsed(exchange("POST", "/v1/messages", anthropic_headers(), with_tool("false")).body);
  EXPECT_EQ(body.at("stop_reason"), "tool_use");
  EXPECT_EQ(body.at("content").at(0).at("type"), "tool_use");
  EXPECT_EQ(body.at("content").at(0).at("name"), "weather");
  EXPECT_EQ(body.at("content").at(0).at("input"), (json::value{{"city", "city"}}));
  EXPECT_EQ(body.at("usage").at("output_tokens"), 10);
}

TEST_F(AnthropicFace, StreamsAToolsArgumentsAsPiecesOfJson) {
  const Response response = exchange("POST", "/v1/messages", anthropic_headers(), with_tool("true"));
  std::string arguments;
  for (const std::string& data : sse_data(response.body)) {
    const json::value event = parsed(data);
    if (event.at("type") == "content_block_delta")
      arguments += event.at("delta").at("partial_json").as_string();
  }
  EXPECT_EQ(parsed(arguments), (json::value{{"city", "city"}}));
}

TEST_F(AnthropicFace, AnswersAToolsResultInWordsEvenWithToolAsked) {
  const Response response =
      exchange("POST", "/v1/messages", anthropic_headers("tool=1"), R"({"model":"claude-x",
    "max_tokens":99,"tools":[{"name":"weather","input_schema":{}}],"messages":[{"role":"user","content":[
    {"type":"tool_result","tool_use_id":"x","content":"22 degrees"}]}]})");
  EXPECT_EQ(parsed(response.body).at("content").at(0).at("text"),
            "Hello from the simulator. You said: 22 degrees");
}

TEST_F(AnthropicFace, StopsAtMaxTokens) {
  const json::value body =
      parsed(exchange("POST", "/v1/messages", anthropic_headers(), R"({"model":"claude-x",
    "max_tokens":3,"messages":[{"role":"user","content":"hi"}]})")
                 .body);
  EXPECT_EQ(body.at("stop_reason"), "max_tokens");
  EXPECT_EQ(body.at("content").at(0).at("text"), "Hello from the");
  EXPECT_EQ(body.at("usage").at("output_tokens"), 3);
}

TEST_F(AnthropicFace, CountsTokensWithImages) {
  const Response response = exchange("POST", "/v1/messages/count_tokens?beta=true", anthropic_headers(), R"({
    "model":"claude-x","system":"be kind","messages":[{"role":"user","content":[{"type":"image","source":{}},
    {"type":"text","text":"what is it"}]}]})");
  EXPECT_EQ(parsed(response.body), (json::value{{"input_tokens", 2 + 258 + 3}}));
}

TEST_F(AnthropicFace, ListsItsModels) {
  const json::value list = parsed(exchange("GET", "/v1/models", anthropic_headers()).body);
  const std::string id(list.at("first_id").as_string());
  EXPECT_EQ(list.at("data").at(0).at("id"), list.at("first_id"));
  EXPECT_EQ(parsed(exchange("GET", "/v1/models/" + id, anthropic_headers()).body).at("id"),
            list.at("first_id"));
  const Response unknown = exchange("GET", "/v1/models/gpt", anthropic_headers());
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(error_type(unknown), "not_found_error");
}

TEST_F(AnthropicFace, TakesEitherCredentialAndRefusesNone) {
  const std::string body = messages_body("hi", false);
  const std::pair<std::string, std::string> version{"anthropic-version", "2023-06-01"};
  EXPECT_EQ(exchange("POST", "/v1/messages", {version, {"x-api-key", "any"}}, body).status, 200);
  EXPECT_EQ(
      exchange("POST", "/v1/messages?beta=true", {version, {"authorization", "Bearer any"}}, body).status,
      200);
  for (const HeaderList& headers : {HeaderList{version}, HeaderList{version, {"x-api-key", "sim-bad-key"}},
                                    HeaderList{version, {"authorization", "Bearer sim-bad"}},
                                    HeaderList{version, {"authorization", "Basic abc"}}}) {
    const Response refused = exchange("POST", "/v1/messages", headers, body);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(error_type(refused), "authentication_error");
    EXPECT_EQ(parsed(refused.body).at("request_id"), json::value(refused.header("request-id")));
  }
}

TEST_F(AnthropicFace, DemandsItsVersionHeader) {
  const Response response =
      exchange("POST", "/v1/messages", {{"x-api-key", "k"}}, messages_body("hi", false));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(parsed(response.body).at("error").at("message"), "anthropic-version: header is required");
}

TEST_F(AnthropicFace, SaysWhatIsWrongWithABody) {
  const std::pair<const char*, const char*> cases[] = {
      {"{", "not valid JSON"},
      {"[]", "not valid JSON"},
      {R"({"max_tokens":1,"messages":[{"role":"user","content":"x"}]})", "model: Field required"},
      {R"({"model":"claude-x","max_tokens":1})", "messages: Field required"},
      {R"({"model":"claude-x","max_tokens":1,"messages":[]})", "at least one message"},
      {R"({"model":"claude-x","messages":[{"role":"user","content":"x"}]})", "max_tokens: Field required"},
      {R"({"model":"claude-x","max_tokens":0,"messages":[{"role":"user","content":"x"}]})",
       "greater than or equal to 1"},
  };
  for (const auto& [body, why] : cases) {
    const Response response = exchange("POST", "/v1/messages", anthropic_headers(), body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(error_type(response), "invalid_request_error");
    EXPECT_NE(response.body.find(why), std::string::npos) << response.body;
  }
}

TEST_F(AnthropicFace, KnowsNoModelNamedNoSuch) {
  const Response response =
      exchange("POST", "/v1/messages", anthropic_headers(),
               R"({"model":"no-such-model","max_tokens":1,"messages":[{"role":"user","content":"x"}]})");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(error_type(response), "not_found_error");
}

TEST_F(AnthropicFace, FailsWithTheStatusAskedForAndItsRetryHeaders) {
  const Response limited =
      claude("hi [[sim: status=429 retry-after=2 retry-after-ms=1500 should-retry=false]]");
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(error_type(limited), "rate_limit_error");
  EXPECT_EQ(limited.header("retry-after"), "2");
  EXPECT_EQ(limited.header("retry-after-ms"), "1500");
  EXPECT_EQ(limited.header("x-should-retry"), "false");
  const Response overloaded = claude("hi", "status=529", true);
  EXPECT_EQ(overloaded.status, 529);
  EXPECT_EQ(error_type(overloaded), "overloaded_error");
  EXPECT_EQ(error_type(claude("hi", "status=500 error=timeout_error")), "timeout_error");
}

TEST_F(AnthropicFace, TheHeadersFaultsWinOverTheTexts) {
  EXPECT_EQ(claude("hi [[sim: status=500]]", "status=529").status, 529);
}

TEST_F(AnthropicFace, AnUnknownFaultIsAnErrorThatNamesIt) {
  const Response response = claude("hi [[sim: latency=5]]");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("latency"), std::string::npos);
}

TEST_F(AnthropicFace, APathItDoesNotPlayIsNotFound) {
  EXPECT_EQ(exchange("POST", "/v1/messages/batches", anthropic_headers(), "{}").status, 404);
  EXPECT_EQ(exchange("GET", "/v1/messages", anthropic_headers()).status, 405);
  EXPECT_EQ(exchange("GET", "/nothing/here", {}).status, 404);
}

TEST_F(AnthropicFace, WritesJsonThatFitsAnAskedForSchema) {
  const json::value body =
      parsed(exchange("POST", "/v1/messages", anthropic_headers(), R"({"model":"claude-x",
    "max_tokens":99,"messages":[{"role":"user","content":"x"}],"output_config":{"format":{"type":"json_schema",
    "schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}})")
                 .body);
  EXPECT_EQ(body.at("content").at(0).at("text"), "{\"n\":1}");
}

}  // namespace
}  // namespace moongate::sim
