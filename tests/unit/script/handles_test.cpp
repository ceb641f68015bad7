// Requests, responses and events as hooks hold them, and after their time.
#include "policy_run.h"

namespace moongate {
namespace {

class AHandle : public PolicyRun {};

TEST_F(AHandle, ThatOutlivesItsRequestRaisesAndShowsNothingOfAnother) {
  load(hook("auth", "authenticate", R"(
    local kept = require('kept')
    if kept[1] then
      local ok, why = pcall(kept[1].credential, kept[1])
      return request:reject(400, tostring(ok) .. ' ' .. why .. ' ' .. tostring(kept[1]))
    end
    kept[1] = request
    return moon.clients.find(request:credential()))"));
  PolicyFiles files = hook("auth", "authenticate", R"(
    local kept = require('kept')
    if kept[1] then
      local ok, why = pcall(kept[1].credential, kept[1])
      return request:reject(400, tostring(ok) .. ' ' .. why .. ' ' .. tostring(kept[1]))
    end
    kept[1] = request
    return moon.clients.find(request:credential()))");
  files["kept.lua"] = "return {}";
  load(files);
  fresh();
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ(0, status());
  fresh({.headers = {{"x-api-key", "another's key"}}});
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ(400, status());
  EXPECT_NE(exchange->rejection.message.find("false this request has ended"), std::string::npos);
  EXPECT_NE(exchange->rejection.message.find("request (ended)"), std::string::npos);
  EXPECT_EQ(exchange->rejection.message.find("another"), std::string::npos);
}

TEST_F(AHandle, OfEveryKindIsCut) {
  PolicyFiles files = hook("filters", "event", R"(
    local kept = require('kept')
    if not kept[1] then
      kept[1], kept[2] = event, event:request()
      return event
    end
    local out = {}
    for i, handle in ipairs(kept) do out[i] = tostring(pcall(i == 1 and handle.text or handle.path, handle)) end
    return table.concat(out, ','))");
  files["kept.lua"] = "return {}";
  load(files);
  fresh();
  run_until(Phase::kResponseFilter);
  exchange->event = "data: 1\n\n";
  EXPECT_TRUE(run(Phase::kEvent));
  EXPECT_EQ("data: 1\n\n", exchange->event);
  fresh();
  exchange->event = "data: secret\n\n";
  EXPECT_TRUE(run(Phase::kEvent));
  EXPECT_EQ("data: false,false\n\n", exchange->event) << bench.log_text();
}

TEST_F(AHandle, SurvivesNoWrongUse) {
  for (const char* body : {"request.header('x')",
                           "request.header({}, 'x')",
                           "request.header(nil)",
                           "request:header()",
                           "request:nonsense()",
                           "request.colour = 1",
                           "request:header({})",
                           "request.path(moon.json.null)",
                           "request:set_header('bad name', 'x')",
                           "request:set_header('x', 'a\\nb')",
                           "request:set_header('content-length', '1')",
                           "request:strip('via')",
                           "request:strip(request)",
                           "moon.accounts.token(request)",
                           "moon.accounts.pick(request)",
                           "setmetatable(request, {})",
                           "getmetatable(request).x = 1",
                           "request:set_body('x')",
                           "return moon.header_set({1, {}})",
                           "request:set_header('x', ('y'):rep(70000))",
                           "for i = 1, 200 do request:set_header('x-' .. i, 'y') end",
                           "moon.shared('d').get('x')"}) {
    load(hook("auth", "authenticate", body));
    fresh();
    EXPECT_TRUE(run(Phase::kAuthenticate));
    EXPECT_EQ(500, status()) << body;
    EXPECT_EQ("auth.authenticate error", bench.failures.back()) << body;
  }
}

TEST_F(AHandle, OfARequestTellsWhatItIs) {
  const std::string body = R"(
    local out = {}
    for _, name in ipairs({'id', 'method', 'path', 'query', 'dialect', 'operation', 'model', 'version', 'project',
                           'location', 'client_address', 'credential'}) do
      out[#out + 1] = tostring(request[name](request))
    end
    out[#out + 1] = tostring(request:stream()) .. tostring(request:is_tls())
    request:reject(400, table.concat(out, ' ')))";
  load(hook("auth", "authenticate", body));
  fresh({.target = "/v1/projects/p/locations/eu/publishers/google/models/"
                   "gemini-2.5-pro:streamGenerateContent?alt=sse&key=k%20&x=1",
         .headers = {{"accept", "x"}},
         .body = "{}"});
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ(
      "mg-test-1 POST "
      "/v1/projects/p/locations/eu/publishers/google/models/gemini-2.5-pro:streamGenerateContent "
      "alt=sse&x=1 vertex stream-generate gemini-2.5-pro v1 p eu 192.0.2.1 k  truefalse",
      exchange->rejection.message);
}

TEST_F(AHandle, ReadsAndEditsHeaders) {
  EXPECT_EQ("nil", value_of("return request:header('accept')"));
  EXPECT_EQ("key", value_of("return request:header('X-Api-Key')"));
  EXPECT_EQ("1 nil",
            value_of("request:set_header('X-One', '1') request:remove_header('x-api-key') "
                     "return request:header('x-one') .. ' ' .. tostring(request:header('x-api-key'))"));
  EXPECT_EQ("nil", value_of("request:set_header('x-api-key', nil) return request:header('x-api-key')"));
  EXPECT_EQ("2", value_of("request:set_header('x-a-1', 'v') request:set_header('x-a-2', 'v') "
                          "return request:strip(moon.header_set{'x-a-*'})"));
  EXPECT_EQ(R"({"content-length":"44","host":"gateway.test","x-api-key":"key"})",
            value_of("return moon.json.encode(request:headers())"));
}

TEST_F(AHandle, ReadsTheQuery) {
  load(hook("auth", "authenticate", "request:reject(400, moon.json.encode(request:args()))"));
  fresh({.target = "/v1/messages?a=1&b=x%20y&a=2&key=secret&c"});
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ(R"({"a":["1","2"],"b":"x y","c":""})", exchange->rejection.message);
}

TEST_F(AHandle, ReadsFieldsOfABodyThatIsStillComing) {
  load(hook("auth", "authenticate",
            "request:reject(400, request:field('model') .. request:field('max_tokens') .. "
            "tostring(request:field('none')) .. #request:body())"));
  fresh({.body_arrived = false});
  ASSERT_EQ(Step::kSuspended, phases->start(Phase::kAuthenticate, *exchange));
  EXPECT_TRUE(bench.run(phases->finish(*exchange)));
  EXPECT_EQ("claude-sonnet-4-55nil44", exchange->rejection.message) << bench.log_text();
}

TEST_F(AHandle, TellsThatABodyIsNoJson) {
  load(hook("auth", "authenticate",
            "local v, why = request:field('a') request:reject(400, tostring(v) .. tostring(why))"));
  fresh({.body = R"({"a": [1,})"});
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ(400, status());
}

TEST_F(AHandle, EditsOneFieldAndLeavesTheRestAsItIs) {
  load(hook("filters", "request",
            "request:set_field('max_tokens', 99) request:set_field('top_k', {1, true}) "
            "return request"));
  fresh({.body = "{ \"model\" : \"m\",\n \"max_tokens\": 5, \"big\": 12345678901234567890 }"});
  run_until(Phase::kRequestFilter);
  EXPECT_EQ("{ \"model\" : \"m\",\n \"max_tokens\": 99, \"big\": 12345678901234567890 ,\"top_k\":[1,true]}",
            exchange->body().text())
      << bench.log_text();
}

TEST_F(AHandle, HoldsAContextThatLivesAsLongAsTheRequest) {
  PolicyFiles files = hook("auth", "authenticate", "request:context().n = 7 return moon.clients.find('key')");
  files.merge(hook("route", "select", "request:reject(400, tostring(request:context().n))"));
  load(files);
  fresh();
  run_until(Phase::kSelect);
  EXPECT_EQ("7", exchange->rejection.message);
  load(hook("route", "select", "request:reject(400, tostring(request:context().n))"));
  fresh();
  run_until(Phase::kSelect);
  EXPECT_EQ("nil", exchange->rejection.message);
}

TEST_F(AHandle, OfAResponseEditsItsHead) {
  load(hook("filters", "response",
            "response:set_header('x-status', tostring(response:status())) "
            "response:remove_header('server') "
            "response:set_header('x-path', response:request():path())"));
  fresh();
  run_until(Phase::kResponseFilter);
  EXPECT_EQ(0, status()) << bench.log_text();
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ((std::vector<Pair>{{"x-status", "200"}, {"x-path", "/v1/messages"}}),
            BenchExchange::visible(*exchange->response));
}

TEST_F(AHandle, RefusesWhatItsPhaseDoesNotAllow) {
  load(hook("filters", "response", "response:request():set_header('x', 'y')"));
  fresh();
  run_until(Phase::kResponseFilter);
  EXPECT_NE(bench.log_text().find("request:set_header() cannot be used in filters.response"),
            std::string::npos);
  load({{"log.lua", "return {log = function(request) request:reject(400, 'x') end}"}});
  fresh();
  EXPECT_TRUE(run(Phase::kLog));
  EXPECT_EQ(0, status());
  EXPECT_NE(bench.log_text().find("request:reject() cannot be used in log.log"), std::string::npos);
}

TEST_F(AHandle, KnowsWhenTheHeadIsGone) {
  load({{"log.lua",
         "return {log = function(request) moon.log.info(request:model()) request:header('x') end}"}});
  fresh();
  exchange->head_released = true;
  EXPECT_TRUE(run(Phase::kLog));
  EXPECT_NE(bench.log_text().find("claude-sonnet-4-5"), std::string::npos);
  EXPECT_NE(bench.log_text().find("head is gone"), std::string::npos);
}

TEST_F(AHandle, OfASecretShowsNothingUnasked) {
  load(hook("token_map", "map",
            "local s = moon.accounts.token(route) moon.log.info(tostring(s), {s = s}) "
            "print(s) local b = 'Bearer ' .. s moon.log.info(tostring(b)) "
            "return 'authorization', b"));
  fresh();
  run_until(Phase::kMap);
  EXPECT_EQ("Bearer key-of-main.json", exchange->credential.value.reveal()) << bench.log_text();
  EXPECT_EQ(bench.log_text().find("key-of-main"), std::string::npos) << bench.log_text();
  EXPECT_EQ("failed",
            value_of("return moon.json.encode({moon.accounts.token(moon.accounts.get('main.json'))})")
                .substr(0, 6));
}

}  // namespace
}  // namespace moongate
