// A policy made of a few lines, run over made-up exchanges.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "script/lua_phases.h"
#include "script/spec/bench_exchange.h"
#include "script/spec/policy_bench.h"
#include "script/vm/watchdog.h"

namespace moongate {

using PolicyFiles = std::map<std::string, std::string, std::less<>>;

class PolicyRun : public testing::Test {
 protected:
  PolicyRun() {
    bench.set_accounts({{.name = "main.json"}, {.name = "second.json"}});
    auto identity = std::make_shared<Identity>();
    identity->client = "one";
    bench.set_client("key", identity);
  }
  ~PolicyRun() override {
    if (exchange && phases) phases->forget(*exchange);
  }

  // Hooks that let everything pass, with these files in their place or beside them.
  static std::shared_ptr<const PolicySource> source_with(const PolicyFiles& files) {
    PolicyFiles all = {
        {"auth.lua", "return {authenticate = function(r) return moon.clients.find(r:credential()) end}"},
        {"route.lua", "return {select = function(r, i) return moon.accounts.get('main.json') end}"},
        {"token_map.lua", "return {map = function(r, i, a) return 'x-api-key', moon.accounts.token(a) end}"},
        {"privacy.lua", "return {request = function() end, response = function() end}"}};
    for (const auto& [name, text] : files) all[name] = text;
    return PolicySource::of(std::move(all));
  }
  // The policy whose `hook` ("auth.authenticate") has this body; it is given `request` (or response, event)
  // and, where there is one, `identity` and `route`.
  static PolicyFiles hook(const std::string& module, const std::string& function, const std::string& body) {
    return {{module + ".lua", "local M = {request = function() end, response = function() end}\nfunction M." +
                                  function +
                                  "(request, identity, route) local response, event = request, request; " +
                                  body + " end\nreturn M"}};
  }

  void load(const PolicyFiles& files, VmOptions options = {}) {
    if (exchange && phases) phases->forget(*exchange);
    exchange.reset();
    auto loaded = LuaPhases::load(source_with(files), options, watched.get(), bench);
    ASSERT_TRUE(loaded.ok()) << loaded.error().describe();
    phases = std::move(loaded).value();
  }
  std::string load_error(const PolicyFiles& files) {
    auto loaded = LuaPhases::load(source_with(files), {}, watched.get(), bench);
    return loaded.ok() ? "" : loaded.error().describe();
  }

  BenchExchange& fresh(BenchExchange::Spec spec = {}) {
    if (spec.headers.empty()) spec.headers = {{"x-api-key", "key"}};
    if (spec.body.empty()) spec.body = R"({"model":"claude-sonnet-4-5","max_tokens":5})";
    if (exchange && phases) phases->forget(*exchange);
    auto made = BenchExchange::make(spec);
    EXPECT_TRUE(made.ok()) << made.error().describe();
    exchange = std::move(made).value();
    exchange->learn_model();
    return *exchange;
  }
  bool run(Phase phase) { return BenchExchange::run(*phases, phase, *exchange, bench); }
  // Up to and with `last`, as the pipeline would.
  void run_until(Phase last) {
    for (Phase phase :
         {Phase::kAuthenticate, Phase::kSelect, Phase::kMap, Phase::kRequestPrivacy, Phase::kRequestFilter,
          Phase::kResponsePrivacy, Phase::kResponseFilter, Phase::kEvent}) {
      if (phase == Phase::kMap) {
        ASSERT_FALSE(exchange->routes.empty());
        exchange->route = &exchange->routes.front();
      }
      if (phase == Phase::kResponsePrivacy) ASSERT_TRUE(exchange->respond(200, {{"server", "x"}}).ok());
      ASSERT_TRUE(run(phase));
      if (phase == last || exchange->rejection.status != 0) return;
    }
  }
  // The text that `body` of authenticate returns, by way of a rejection's message.
  std::string value_of(const std::string& body) {
    load(hook("auth", "authenticate",
              "local function value() " + body + " end request:reject(400, tostring(value()))"));
    fresh();
    EXPECT_TRUE(run(Phase::kAuthenticate));
    return exchange->rejection.status == 400 ? exchange->rejection.message : "failed: " + bench.log_text();
  }
  int status() const { return exchange->rejection.status; }

  PolicyBench bench;
  Watchdog watchdog{20};
  std::unique_ptr<WatchedThread> watched = watchdog.watch_this_thread();
  std::shared_ptr<LuaPhases> phases;
  std::unique_ptr<BenchExchange> exchange;
};

}  // namespace moongate
