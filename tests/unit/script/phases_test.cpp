// Hooks as the pipeline sees them: what they decide, how they fail, what they may wait for.
#include "policy_run.h"

namespace moongate {
namespace {

class APolicy : public PolicyRun {
 protected:
  void expect_failed_closed(const std::string& reason) {
    EXPECT_EQ(500, status());
    EXPECT_EQ(exchange->rejection.message.find("lua"), std::string::npos) << exchange->rejection.message;
    EXPECT_NE(bench.log_text().find(reason), std::string::npos) << bench.log_text();
  }
};

TEST_F(APolicy, DecidesEveryPhase) {
  load({{"filters.lua",
         "return {request = function(r) r:set_body('{}') end, event = function(e) return e end}"}});
  fresh();
  run_until(Phase::kEvent);
  EXPECT_EQ(0, status()) << bench.log_text();
  EXPECT_EQ("one", exchange->identity->client);
  ASSERT_EQ(1u, exchange->routes.size());
  EXPECT_EQ("main.json", exchange->routes[0].account->name);
  EXPECT_EQ("x-api-key", exchange->credential.header);
  EXPECT_EQ("key-of-main.json", exchange->credential.value.reveal());
  EXPECT_EQ("{}", exchange->body().text());
}

TEST_F(APolicy, DefinesOnlyWhatItsFilesDefine) {
  load({});
  for (Phase phase :
       {Phase::kAuthenticate, Phase::kSelect, Phase::kMap, Phase::kRequestPrivacy, Phase::kResponsePrivacy}) {
    EXPECT_TRUE(phases->defines(phase));
  }
  for (Phase phase : {Phase::kRequestFilter, Phase::kResponseFilter, Phase::kEvent, Phase::kLog}) {
    EXPECT_FALSE(phases->defines(phase));
  }
  load({{"filters.lua", "return {event = function(e) return e end}"},
        {"log.lua", "return {log = function() end}"}});
  EXPECT_TRUE(phases->defines(Phase::kEvent));
  EXPECT_TRUE(phases->defines(Phase::kLog));
  EXPECT_FALSE(phases->defines(Phase::kRequestFilter));
}

TEST_F(APolicy, IsRefusedWithFileAndLineWhenItDoesNotLoad) {
  EXPECT_NE(
      load_error({{"auth.lua", "local M = {}\n\nfunction M.authenticate( return M"}}).find("lua/auth.lua:3:"),
      std::string::npos);
  EXPECT_NE(load_error({{"route.lua", "local x = nil\nreturn x.y"}}).find("lua/route.lua:2:"),
            std::string::npos);
  EXPECT_EQ(load_error({{"route.lua", "return 1"}}),
            "lua/route.lua: has to return a table of hooks, and returned a number");
  EXPECT_EQ(load_error({{"route.lua", "return {}"}}),
            "lua/route.lua: select has to be a function, and is a nil");
  EXPECT_EQ(load_error({{"log.lua", "return {log = 1}"}}),
            "lua/log.lua: log has to be a function, and is a number");
  EXPECT_NE(load_error({{"auth.lua", "counter = 0 return {}"}})
                .find("lua/auth.lua:1: assignment to global 'counter'"),
            std::string::npos);
  EXPECT_NE(load_error({{"auth.lua", "while true do end"}}).find("lua/auth.lua:1: stopped"),
            std::string::npos);
  EXPECT_NE(load_error({{"auth.lua", "moon.sleep(1)"}}).find("lua/auth.lua:1"), std::string::npos);
  EXPECT_NE(load_error({{"auth.lua", "moon.http.request{url = 'http://127.0.0.1/'}"}})
                .find("lua/auth.lua:1: this call waits"),
            std::string::npos);
  auto loaded = LuaPhases::load(PolicySource::of({}), {}, nullptr, bench);
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message.find("there is no lua/auth.lua"), std::string::npos)
      << loaded.error().message;
}

TEST_F(APolicy, FailsClosedWhenAHookRaises) {
  load(hook("auth", "authenticate", "\nerror('boom')"));
  fresh();
  EXPECT_TRUE(run(Phase::kAuthenticate));
  expect_failed_closed("lua/auth.lua:3: boom");
  EXPECT_EQ(nullptr, exchange->identity);
  EXPECT_EQ(std::vector<std::string>{"auth.authenticate error"}, bench.failures);
  EXPECT_NE(bench.log_text().find("\"request_id\":\"mg-test-1\""), std::string::npos);
  EXPECT_NE(bench.log_text().find("traceback"), std::string::npos);
}

TEST_F(APolicy, FailsClosedWhenItRunsTooLongOrTakesTooMuch) {
  load(hook("route", "select", "while true do end"));
  fresh();
  run_until(Phase::kSelect);
  expect_failed_closed("policy.hook_budget_ms");
  EXPECT_TRUE(exchange->routes.empty());
  load(hook("route", "select", "local t = {} for i = 1, 1e9 do t[i] = i end"), {.memory_bytes = 4 << 20});
  fresh();
  run_until(Phase::kSelect);
  expect_failed_closed("not enough memory");
  EXPECT_EQ((std::vector<std::string>{"route.select cpu-budget", "route.select memory"}), bench.failures);
}

TEST_F(APolicy, FailsClosedForEveryWrongResultOfAuthenticate) {
  for (const char* body :
       {"", "return nil", "return true", "return 'one'", "return 7", "return request", "return {}",
        "return {client = 7}", "return {client = 'a', colour = 'red'}",
        "return {client = 'a', service_type = 'other'}", "return {client = 'a', providers = {'aws'}}",
        "return {client = 'a', models = 'm'}", "return {client = 'a', [1] = 2}",
        "return {client = ('a'):rep(2000)}",
        "return {client = 'a', claude_accounts = {{name = 'x', weight = -1}}}",
        "return moon.accounts.get('main.json')", "return function() end"}) {
    load(hook("auth", "authenticate", body));
    fresh();
    EXPECT_TRUE(run(Phase::kAuthenticate));
    EXPECT_EQ(500, status()) << body;
    EXPECT_EQ(nullptr, exchange->identity) << body;
    EXPECT_EQ("auth.authenticate result", bench.failures.back()) << body;
  }
}

TEST_F(APolicy, FailsClosedForEveryWrongResultOfSelect) {
  for (const char* body :
       {"", "return nil, 'no-account'", "return 'main.json'", "return {}", "return {account = 'none'}",
        "return {provider = 'aws', account = 'main.json'}", "return {provider = 'anthropic'}",
        "return {account = 'main.json', provider = 'gemini'}", "return identity",
        "return {account = 'main.json', colour = 1}", "return {account = 'main.json', model = 1}",
        "return {moon.accounts.get('main.json'), 'x'}", "return moon.accounts.get('main.json'), 1"}) {
    load(hook("route", "select", body));
    fresh();
    run_until(Phase::kSelect);
    EXPECT_EQ(500, status()) << body;
    EXPECT_TRUE(exchange->routes.empty()) << body;
  }
}

TEST_F(APolicy, FailsClosedForEveryWrongResultOfMap) {
  for (const char* body : {"", "return 'x-api-key'", "return 'x-api-key', ''", "return 'bad header', 'v'",
                           "return '', 'v'", "return 'x', 'a\\r\\nb: c'", "return 'x', {}",
                           "return nil, 'no token'", "return moon.accounts.token(route), 'x'"}) {
    load(hook("token_map", "map", body));
    fresh();
    run_until(Phase::kMap);
    EXPECT_EQ(500, status()) << body;
    EXPECT_TRUE(exchange->credential.value.empty()) << body;
  }
}

TEST_F(APolicy, FailsClosedForWrongResultsOfPrivacyAndFilters) {
  load(hook("privacy", "request", "return 'x'"));
  fresh();
  run_until(Phase::kRequestPrivacy);
  expect_failed_closed("privacy.request");
  load(hook("privacy", "response", "return {}"));
  fresh();
  run_until(Phase::kResponsePrivacy);
  expect_failed_closed("privacy.response");
  load(hook("filters", "event", "return 7"));
  fresh();
  exchange->event = "data: 1\n\n";
  EXPECT_TRUE(run(Phase::kEvent));
  expect_failed_closed("filters.event");
  EXPECT_TRUE(exchange->event_dropped);
}

TEST_F(APolicy, GoesOnWithOthersAfterAFailure) {
  load(hook("auth", "authenticate",
            "if request:header('x-bad') then while true do end end "
            "return moon.clients.find(request:credential())"));
  for (int i = 0; i < 5; ++i) {
    fresh({.headers = {{"x-bad", "1"}}});
    EXPECT_TRUE(run(Phase::kAuthenticate));
    EXPECT_EQ(500, status());
    fresh();
    EXPECT_TRUE(run(Phase::kAuthenticate));
    EXPECT_EQ(0, status());
  }
}

TEST_F(APolicy, RejectsWithWhatItSays) {
  load(hook("auth", "authenticate", "return request:reject(429, 'Slow down.', 7, 'RATE')"));
  fresh();
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ(429, exchange->rejection.status);
  EXPECT_EQ("Slow down.", exchange->rejection.message);
  EXPECT_EQ(7, exchange->rejection.retry_after_seconds);
  EXPECT_EQ("RATE", exchange->rejection.reason);
  EXPECT_TRUE(bench.failures.empty());
  for (const char* body : {"request:reject(200, 'ok')", "request:reject('x')", "request:reject(401)"}) {
    load(hook("auth", "authenticate", body));
    fresh();
    EXPECT_TRUE(run(Phase::kAuthenticate));
    EXPECT_EQ(500, status()) << body;
  }
}

TEST_F(APolicy, CutsALongRejection) {
  load(hook("auth", "authenticate", "request:reject(400, ('x'):rep(1e6))"));
  fresh();
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ(4096u, exchange->rejection.message.size());
}

TEST_F(APolicy, MakesIdentitiesOfItsOwn) {
  load(hook("auth", "authenticate",
            "return {client = 'bob', service_type = 'google', providers = {'gemini', 'vertex'}, models = "
            "{'gemini-*'}, "
            "gemini_accounts = {'a.json', {name = 'b.json', weight = 3}}}"));
  fresh();
  EXPECT_TRUE(run(Phase::kAuthenticate));
  ASSERT_NE(nullptr, exchange->identity) << bench.log_text();
  const Identity& bob = *exchange->identity;
  EXPECT_EQ("bob", bob.client);
  EXPECT_EQ("policy", bob.kind);
  EXPECT_EQ(ServiceType::kGoogle, bob.service_type);
  EXPECT_EQ((std::vector<Provider>{Provider::kGemini, Provider::kVertex}), bob.providers);
  ASSERT_TRUE(bob.gemini_accounts.has_value());
  EXPECT_EQ("b.json", (*bob.gemini_accounts)[1].name);
  EXPECT_EQ(3, (*bob.gemini_accounts)[1].weight);
  EXPECT_FALSE(bob.claude_accounts.has_value());
}

TEST_F(APolicy, GivesTheIdentityOfItsOwnToTheHooksBehind) {
  PolicyFiles files = hook("auth", "authenticate", "return {client = 'bob'}");
  files.merge(
      hook("route", "select", "request:reject(400, identity:client() .. request:identity():client())"));
  load(files);
  fresh();
  run_until(Phase::kSelect);
  EXPECT_EQ("bobbob", exchange->rejection.message);
}

TEST_F(APolicy, ReturnsRoutesInManyForms) {
  for (const char* body : {"return {provider = 'anthropic', account = 'main.json', model = 'm', location = "
                           "'l'}, {account = 'second.json'}",
                           "return {{account = moon.accounts.get('main.json'), model = 'm', location = 'l'}, "
                           "moon.accounts.get('second.json')}"}) {
    load(hook("route", "select", body));
    fresh();
    run_until(Phase::kSelect);
    ASSERT_EQ(2u, exchange->routes.size()) << bench.log_text();
    EXPECT_EQ("main.json", exchange->routes[0].account->name);
    EXPECT_EQ("m", exchange->routes[0].model);
    EXPECT_EQ("l", exchange->routes[0].location);
    EXPECT_EQ("second.json", exchange->routes[1].account->name);
  }
}

TEST_F(APolicy, WaitsWithoutHoldingUpOthers) {
  load(hook("auth", "authenticate", "moon.sleep(0.5) return moon.clients.find(request:credential())"));
  bench.must_ask = true;
  BenchExchange::Spec spec;
  spec.headers = {{"x-api-key", "key"}};
  auto one = std::move(BenchExchange::make(spec)).value();
  auto two = std::move(BenchExchange::make(spec)).value();
  ASSERT_EQ(Step::kSuspended, phases->start(Phase::kAuthenticate, *one));
  ASSERT_EQ(Step::kSuspended, phases->start(Phase::kAuthenticate, *two));
  EXPECT_FALSE(bench.run(phases->finish(*one)));
  EXPECT_FALSE(bench.run(phases->finish(*two)));
  for (int i = 0; i < 100 && !(one->identity && two->identity); ++i) {
    bench.manual_clock.advance_ms(10);
    bench.reactor.turn(0);
  }
  EXPECT_TRUE(one->identity);
  EXPECT_TRUE(two->identity);
  phases->forget(*one);
  phases->forget(*two);
}

TEST_F(APolicy, MayFailAfterItHasWaited) {
  load(hook("auth", "authenticate", "moon.sleep(0)\n\nerror('late')"));
  fresh();
  EXPECT_TRUE(run(Phase::kAuthenticate));
  expect_failed_closed("lua/auth.lua:4: late");
}

TEST_F(APolicy, HasItsFullCpuBudgetAfterEachWait) {
  load(hook("auth", "authenticate", R"(
    for _ = 1, 6 do
      local start = moon.time.monotonic()
      for _ = 1, 300000 do end
      moon.sleep(0)
    end
    while true do end)"));
  fresh();
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ("auth.authenticate cpu-budget", bench.failures.back());
}

TEST_F(APolicy, CannotWaitForEver) {
  load(hook("auth", "authenticate", "while true do moon.sleep(0) end"));
  fresh();
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ("auth.authenticate waits", bench.failures.back());
  EXPECT_EQ(500, status());
}

TEST_F(APolicy, WaitsInsideItsOwnCoroutinesToo) {
  load(hook("auth", "authenticate", R"(
    local pages = coroutine.wrap(function()
      for i = 1, 3 do moon.sleep(0.001) coroutine.yield(i) end
    end)
    local sum = 0
    for i in pages do sum = sum + i end
    request:reject(400, tostring(sum)))"));
  fresh();
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ("6", exchange->rejection.message) << bench.log_text();
}

TEST_F(APolicy, CannotWaitInsideACallbackOfTheLibrary) {
  load(hook("auth", "authenticate", "('x'):gsub('.', function() moon.sleep(0) end)"));
  fresh();
  EXPECT_TRUE(run(Phase::kAuthenticate));
  expect_failed_closed("this call waits, and nothing can wait here");
  fresh();  // and nothing of that wait is left over
  EXPECT_TRUE(run(Phase::kAuthenticate));
  EXPECT_EQ(500, status());
}

TEST_F(APolicy, EndsItsHookThoughTheClientHasLeftMeanwhile) {
  load(hook("auth", "authenticate", R"(
    local body, why = request:body()
    moon.sleep(0.001)
    moon.log.info("after all", {body = tostring(body), why = why, path = request:path()})
    return moon.clients.find(request:credential()))"));
  fresh({.body_arrived = false});
  static_cast<BenchBody&>(exchange->body()).failure =
      Error(ErrorKind::kClosed, "the client closed the connection", ErrorSource::kClient);
  ASSERT_EQ(Step::kSuspended, phases->start(Phase::kAuthenticate, *exchange));
  EXPECT_TRUE(bench.run(phases->finish(*exchange)));
  EXPECT_NE(bench.log_text().find("the client closed the connection"), std::string::npos) << bench.log_text();
  EXPECT_EQ(0, status());
}

TEST_F(APolicy, KeepsServingItsExchangesWhenANewOneTakesItsPlace) {
  load(hook("route", "select", "return {account = 'main.json'}"));
  std::shared_ptr<LuaPhases> old = phases;
  auto running = std::move(BenchExchange::make({.headers = {{"x-api-key", "key"}}, .body = "{}"})).value();
  ASSERT_TRUE(BenchExchange::run(*old, Phase::kAuthenticate, *running, bench));

  load(hook("route", "select", "return {account = 'second.json'}"));
  fresh();
  run_until(Phase::kSelect);
  EXPECT_EQ("second.json", exchange->routes[0].account->name);
  ASSERT_TRUE(BenchExchange::run(*old, Phase::kSelect, *running, bench));
  EXPECT_EQ("main.json", running->routes[0].account->name);
  old->forget(*running);
}

TEST_F(APolicy, StaysInPlaceWhenItsSuccessorIsBroken) {
  load({});
  EXPECT_NE("", load_error({{"route.lua", "return nonsense"}}));
  fresh();
  run_until(Phase::kSelect);
  EXPECT_EQ(0, status());
}

TEST_F(APolicy, LogsWithoutChangingAnything) {
  load({{"log.lua", R"(
    return {log = function(request, outcome)
      moon.log.info('used', {request_id = request:id(), outcome = outcome.outcome, input = outcome.usage.input,
                             duration = outcome.duration_ms, client = outcome.client, model = request:model()})
      error('in vain')
    end})"}});
  fresh();
  run_until(Phase::kMap);
  exchange->outcome = Outcome::kDone;
  exchange->usage.input = 12;
  exchange->started_ns = 1'000'000;
  exchange->ended_ns = 4'000'000;
  EXPECT_TRUE(run(Phase::kLog));
  EXPECT_EQ(0, status());
  EXPECT_NE(bench.log_text().find("\"input\":12"), std::string::npos) << bench.log_text();
  EXPECT_NE(bench.log_text().find("\"duration\":3"), std::string::npos);
  EXPECT_NE(bench.log_text().find("\"client\":\"one\""), std::string::npos);
  EXPECT_EQ("log.log error", bench.failures.back());
}

}  // namespace
}  // namespace moongate
