// What a policy can't reach, and what it is told when it tries.
#include "lua_run.h"

namespace moongate {
namespace {

class TheSandbox : public LuaRun {
 protected:
  void expect_refused(const std::string& code, const std::string& message) {
    LuaEnd end = run(code);
    EXPECT_EQ(Vm::Run::kFailed, end.run) << code << " gave " << end.value;
    EXPECT_NE(end.value.find(message), std::string::npos) << code << "\n" << end.value;
  }
};

TEST_F(TheSandbox, HasNoWayOut) {
  for (const char* name : {"os", "io", "debug", "package", "jit", "ffi", "dofile", "loadfile", "getfenv",
                           "setfenv", "newproxy", "module", "gcinfo"}) {
    expect_refused(std::string("return ") + name, "undefined global '" + std::string(name) + "'");
  }
  EXPECT_EQ("nil", run("return string.dump").value);
  expect_refused("return require('ffi')", "module 'ffi' not found");
  expect_refused("return require('io')", "not found");
  expect_refused("return require('string.buffer')", "not found");
}

TEST_F(TheSandbox, HasFfiOnlyWhenTheOperatorSaysSo) {
  fresh({.ffi = true});
  EXPECT_EQ("4", run("return require('ffi').sizeof('int')").value);
  expect_refused("return ffi", "undefined global");
}

TEST_F(TheSandbox, LoadsTextOnly) {
  EXPECT_EQ("3", run("return load('return 1 + 2')()").value);
  EXPECT_EQ("3", run("return loadstring('return 1 + 2', 'sum')()").value);
  EXPECT_EQ("7", run("return load('return x', '=x', 't', {x = 7})()").value);
  expect_refused("assert(load('\\27LJ\\2'))", "wrong mode");
  expect_refused("load('return 1', '=x', 'b')", "only text");
  expect_refused("load(function() return 'return 1' end)", "string expected");
}

TEST_F(TheSandbox, RefusesNewGlobals) {
  expect_refused("counter = 1", "assignment to global 'counter': write 'local counter'");
  expect_refused("_G.counter = 1", "assignment to global 'counter'");
  expect_refused("rawset(_G, 'counter', 1)", "protected");
  expect_refused("load('counter = 1')()", "assignment to global 'counter'");
  expect_refused("string = nil", "assignment to global 'string'");
  expect_refused("return conter", "undefined global 'conter'");
}

TEST_F(TheSandbox, ProtectsItsLibraries) {
  expect_refused("string.find = nil", "string.find cannot be set");
  expect_refused("rawset(string, 'find', 1)", "protected");
  expect_refused("setmetatable(string, {})", "protected metatable");
  expect_refused("setmetatable(_G, {})", "protected metatable");
  expect_refused("getmetatable('').__index = {}", "attempt to index a boolean value");
  EXPECT_EQ("false", run("return getmetatable(_G)").value);
  EXPECT_EQ("4", run("return ('abcd'):len()").value);
}

TEST_F(TheSandbox, DoesNotLetAPolicyTouchTheCollector) {
  EXPECT_TRUE(run("assert(collectgarbage('count') > 10) assert(collectgarbage() > 10)").finished());
  expect_refused("collectgarbage('stop')", "only 'count'");
}

TEST_F(TheSandbox, RunsNoFinalizersOfAPolicy) {
  // No hook is called inside a finalizer, so an endless one could not be stopped.
  EXPECT_TRUE(
      run("for i = 1, 1e4 do setmetatable({}, {__gc = function() while true do end end}) end").finished());
  lua_gc(vm_->main(), LUA_GCCOLLECT, 0);
}

TEST_F(TheSandbox, KeepsTheGatewaysOwnCoroutinesToItself) {
  EXPECT_EQ("nil", run("return coroutine.running()").value);
  EXPECT_EQ("thread", run("return (coroutine.wrap(function() return coroutine.running() end)())").value);
  expect_refused("coroutine.yield()", "outside of a coroutine");
}

TEST_F(TheSandbox, RequiresFromThePolicysFolderOnly) {
  fresh({}, {{"lib/one.lua", "local name = ... return {name = name}"},
             {"two/init.lua", "return require('lib.one').name"},
             {"loop.lua", "return require('loop')"},
             {"broken.lua", "local x =\n\n= 2"},
             {"raises.lua", "local function f()\n  error('boom')\nend\nf()"},
             {"nothing.lua", ""}});
  EXPECT_EQ("lib.one", run("return require('two')").value);
  EXPECT_EQ("true", run("return require('lib.one') == require('lib.one')").value);
  EXPECT_EQ("true", run("return require('nothing')").value);
  expect_refused("require('loop')", "is being loaded already");
  expect_refused("require('broken')", "lua/broken.lua:3:");
  expect_refused("require('raises')", "lua/raises.lua:2: boom");
  expect_refused("require('raises')", "lua/raises.lua:2: boom");
  expect_refused("require('absent')", "there is no lua/absent.lua");
  for (const char* name :
       {"../secret", "..secret", "lib/one", "", ".", "a..b", "/etc/passwd", "one.", "lib\\0one"}) {
    expect_refused("require('" + std::string(name) + "')", "no module name");
  }
}

TEST_F(TheSandbox, KeepsLuasOwnMeaningOfCoroutines) {
  EXPECT_EQ("1,2,3", run(R"(
    local out = {}
    for value in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do out[#out + 1] = value end
    return table.concat(out, ','))")
                         .value);
  EXPECT_EQ("true,4,suspended,true,nil,dead", run(R"(
    local co = coroutine.create(function(a, b) coroutine.yield(a + b) end)
    local ok, sum = coroutine.resume(co, 1, 3)
    local between = coroutine.status(co)
    local ended, value = coroutine.resume(co)
    return table.concat({tostring(ok), sum, between, tostring(ended), tostring(value), coroutine.status(co)}, ','))")
                                                  .value);
  EXPECT_EQ("cannot resume dead coroutine", run(R"(
    local co = coroutine.create(function() end)
    coroutine.resume(co)
    return (select(2, coroutine.resume(co))))")
                                                .value);
  EXPECT_EQ("cannot resume non-suspended coroutine", run(R"(
    local co
    co = coroutine.create(function() return select(2, coroutine.resume(co)) end)
    return (select(2, coroutine.resume(co))))")
                                                         .value);
  EXPECT_EQ("cannot resume non-suspended coroutine", run(R"(
    local outer
    outer = coroutine.create(function()
      return (coroutine.wrap(function() return select(2, coroutine.resume(outer)) end)())
    end)
    return (select(2, coroutine.resume(outer))))")
                                                         .value);
  expect_refused("coroutine.wrap(function() error('inner') end)()", "test.lua:1: inner");
  EXPECT_EQ(
      "boom!",
      run("return (select(2, xpcall(function() error('boom', 0) end, function(m) return m .. '!' end)))")
          .value);
  EXPECT_EQ("5", run("return (select(2, xpcall(function(a, b) return a + b end, error, 2, 3)))").value);
}

TEST_F(TheSandbox, SortsAndInsertsAsLuaDoes) {
  EXPECT_EQ("1,2,3,5,8", run("local t = {5, 3, 8, 1, 2} table.sort(t) return table.concat(t, ',')").value);
  EXPECT_EQ("8,5,3,2,1", run("local t = {5, 3, 8, 1, 2} table.sort(t, function(a, b) return a > b end) "
                             "return table.concat(t, ',')")
                             .value);
  EXPECT_EQ("a,b,c", run("local t = {'c', 'a', 'b'} table.sort(t) return table.concat(t, ',')").value);
  EXPECT_EQ("1,9,2", run("local t = {1, 2} table.insert(t, 2, 9) return table.concat(t, ',')").value);
  EXPECT_EQ("1,2,9", run("local t = {1, 2} table.insert(t, 9) return table.concat(t, ',')").value);
  EXPECT_TRUE(run("local t = {} for i = 1, 500 do t[i] = i end table.sort(t, function() return true end)")
                  .finished());
  expect_refused("table.sort({1, 'x', {}})", "attempt to compare");
}

}  // namespace
}  // namespace moongate
