// Hooks that do not end of themselves: each is stopped, says where it was, and leaves the VM as it should be.
#include "lua_run.h"

namespace moongate {
namespace {

using Kind = ScriptFailure::Kind;

class ARunawayHook : public LuaRun {
 protected:
  void expect_stopped(const std::string& code) {
    LuaEnd end = run(code);
    EXPECT_TRUE(end.failed_by(Kind::kStopped)) << code << "\n" << end.value;
    expect_undisturbed();
  }
  void expect_raised(const std::string& code, const std::string& message) {
    LuaEnd end = run(code);
    EXPECT_TRUE(end.failed_by(Kind::kError)) << code << "\n" << end.value;
    EXPECT_NE(end.value.find(message), std::string::npos) << end.value;
    expect_undisturbed();
  }
  void expect_out_of_memory(const std::string& code) {
    LuaEnd end = run(code);
    EXPECT_EQ(Vm::Run::kFailed, end.run) << code;
    EXPECT_NE(end.value.find("not enough memory"), std::string::npos) << end.value;
    EXPECT_LE(vm_->memory().used(), vm_->memory().limit() + 65536);  // the traceback is not refused
    expect_undisturbed();
  }
};

TEST_F(ARunawayHook, IsStoppedInAnEndlessLoop) {
  LuaEnd end = run("local function spin()\n  while true do end\nend\nspin()");
  EXPECT_TRUE(end.failed_by(Kind::kStopped));
  EXPECT_NE(end.value.find("test.lua:2"), std::string::npos) << end.value;
  EXPECT_NE(end.failure.traceback.find("test.lua:4"), std::string::npos) << end.failure.traceback;
  expect_undisturbed();
}

TEST_F(ARunawayHook, IsStoppedThoughItLoopsAroundPcall) {
  expect_stopped("while true do pcall(function() while true do end end) end");
}

TEST_F(ARunawayHook, IsStoppedThoughItCatchesTheErrorAsItsLastAct) {
  expect_stopped("return pcall(function() while true do end end)");
}

TEST_F(ARunawayHook, IsStoppedInAnErrorHandlerOfXpcall) {
  expect_stopped("xpcall(function() while true do end end, function() while true do end end)");
  expect_stopped("xpcall(error, function() while true do end end)");
}

TEST_F(ARunawayHook, IsStoppedInRecursionThroughPcall) {
  expect_stopped("local function f() pcall(f) pcall(f) end while true do f() end");
}

TEST_F(ARunawayHook, IsStoppedInTailCalls) { expect_stopped("local function f() return f() end f()"); }

TEST_F(ARunawayHook, IsStoppedInAnEndlessIterator) {
  expect_stopped("for _ in function() return 1 end do end");
  expect_stopped(
      "local t = setmetatable({}, {__index = function() return 1 end}) local i = 1 while t[i] do i = i + 1 "
      "end");
}

TEST_F(ARunawayHook, IsStoppedInACoroutineOfItsOwn) {
  expect_stopped("coroutine.wrap(function() while true do end end)()");
  expect_stopped("while true do coroutine.resume(coroutine.create(function() while true do end end)) end");
  expect_stopped(
      "local f = coroutine.wrap(function() while true do coroutine.yield() end end) while true do f() end");
}

TEST_F(ARunawayHook, IsStoppedInStringOperations) {
  expect_stopped(
      "local s = ('x'):rep(1000) while true do string.format('%s%d', s, 1) s:upper() s:find('y', 1, true) "
      "end");
}

TEST_F(ARunawayHook, IsStoppedInsideACallbackOfGsub) {
  expect_stopped("('x'):gsub('.', function() while true do end end)");
}

TEST_F(ARunawayHook, IsStoppedInsideASortComparator) {
  expect_stopped("table.sort({3, 2, 1}, function() while true do end end)");
}

TEST_F(ARunawayHook, IsStoppedInAMetamethodOfFormat) {
  expect_stopped("string.format('%s', setmetatable({}, {__tostring = function() while true do end end}))");
}

TEST_F(ARunawayHook, EndsWhenItAllocatesWithoutEnd) {
  fresh({.memory_bytes = 4 << 20});
  expect_out_of_memory("local t = {} while true do t[#t + 1] = {} end");
  expect_out_of_memory("local s = 'x' while true do s = s .. s end");
  expect_out_of_memory("local t = {} for i = 1, 1e9 do t[i] = i end");
  expect_out_of_memory("local t = {} while true do t[#t + 1] = coroutine.create(function() end) end");
  expect_out_of_memory(
      "local f f = function(...) return f(1, ...) end local t = {} while true do t = {t, ('y'):rep(1000)} "
      "end");
}

TEST_F(ARunawayHook, EndsWhenItRepeatsAStringWithoutBounds) {
  fresh({.memory_bytes = 4 << 20});
  expect_out_of_memory("return ('x'):rep(2e9)");
  expect_out_of_memory("return ('x'):rep(1e8)");
}

TEST_F(ARunawayHook, EndsWhenGsubMakesAGiantOfADwarf) {
  fresh({.memory_bytes = 4 << 20});
  expect_out_of_memory("return (('x'):rep(1e5):gsub('x', ('y'):rep(1e5)))");
  expect_out_of_memory("local s = ('y'):rep(1e5) return (('x'):rep(1e5):gsub('x', function() return s end))");
}

TEST_F(ARunawayHook, IsStoppedThoughItCatchesEveryMemoryError) {
  fresh({.memory_bytes = 4 << 20});
  expect_stopped(
      "local t = {} local function f() while true do t[#t + 1] = {} end end while true do pcall(f) end");
}

TEST_F(ARunawayHook, DoesNotLeaveItsGarbageToTheNextOne) {
  fresh({.memory_bytes = 4 << 20});
  // Just below the cap, and alive until the end: nothing is refused.
  EXPECT_TRUE(run("local t = {} for i = 1, 34 do t[i] = ('x'):rep(1e5) .. i end return #t").finished());
  LuaEnd next = run("return #('z'):rep(15e5)");
  EXPECT_TRUE(next.finished()) << next.value;
}

TEST_F(ARunawayHook, EndsWhenAPatternTakesTooManySteps) {
  fresh({}, {}, false);  // the steps alone are to end it
  expect_raised("return string.find(('a'):rep(3000), '.-.-.-b')", "pattern too complex");
  expect_raised("return string.match(('a'):rep(3000), '(.*)(.*)(.*)b')", "pattern too complex");
  expect_raised("return string.gsub(('a'):rep(3000), '.-.-.-b', '')", "pattern too complex");
  expect_raised("for _ in string.gmatch(('a'):rep(3000), '.-.-.-b') do end", "pattern too complex");
}

TEST_F(ARunawayHook, IsStoppedInAPatternOverALongText) {
  LuaEnd end = run("return string.find(('a'):rep(20e6), '.-.-.-b')");
  EXPECT_TRUE(end.failed_by(Kind::kStopped)) << end.value;
  expect_undisturbed();
}

TEST_F(ARunawayHook, FindsAPlainTextInLinearTime) {
  LuaEnd end = run("return string.find(('a'):rep(5e6), ('a'):rep(2e6) .. 'b', 1, true)");
  EXPECT_TRUE(end.finished()) << end.value;
  EXPECT_EQ("nil", end.value);
}

TEST_F(ARunawayHook, SortsAnyListWithoutQuadraticTime) {
  // What defeats a median-of-three quicksort: it would run for minutes.
  LuaEnd end = run(R"(
    local n, t = 20000, {}
    for i = 1, n / 2 do
      t[i] = i % 2 == 1 and i or n / 2 + i - 1
      t[n / 2 + i] = 2 * i
    end
    table.sort(t)
    for i = 2, n do if t[i] < t[i - 1] then return 'unsorted' end end
    return 'sorted')");
  EXPECT_TRUE(end.finished() || end.failed_by(Kind::kStopped)) << end.value;
  if (end.finished()) EXPECT_EQ("sorted", end.value);
}

TEST_F(ARunawayHook, IsStoppedWhileSortingWithoutAComparator) {
  expect_stopped("local t = {} for i = 1, 1000 do t[i] = -i end while true do table.sort(t) end");
  LuaEnd end = run("local t = {} for i = 1, 2e6 do t[i] = i * 7919 % 2e6 end table.sort(t)");
  EXPECT_TRUE(end.failed_by(Kind::kStopped)) << end.value;
}

TEST_F(ARunawayHook, EndsInDeepRecursion) {
  expect_raised("local function f(n) return 1 + f(n + 1) end return f(1)", "stack overflow");
  expect_raised(
      "local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k + 1] .. '' end "
      "return t[1]",
      "stack overflow");
  expect_raised(
      "local t = setmetatable({}, {}) getmetatable(t).__tostring = function(s) return tostring(s) .. '' end "
      "return tostring(t)",
      "stack overflow");
}

TEST_F(ARunawayHook, EndsInCoroutinesInCoroutines) {
  expect_raised("local function f() coroutine.wrap(f)() return 1 end f()", "nested too deep");
  expect_raised("local function f() assert(coroutine.resume(coroutine.create(f))) return 1 end f()",
                "nested too deep");
}

TEST_F(ARunawayHook, EndsInGsubInGsub) {
  expect_raised("local function f(s) return (s:gsub('.', f)) end f('abc')", "nested too deep");
  expect_raised(
      "local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return (k:gsub('.', t)) end "
      "return t.abc",
      "nested too deep");
}

TEST_F(ARunawayHook, EndsInSortInSort) {
  expect_raised("local function f() table.sort({1, 2}, f) return false end f()", "nested too deep");
  expect_raised(
      "local m = {} m.__lt = function() table.sort({setmetatable({}, m), setmetatable({}, m)}) return true "
      "end "
      "table.sort({setmetatable({}, m), setmetatable({}, m)})",
      "nested too deep");
}

TEST_F(ARunawayHook, EndsInFormatInFormat) {
  expect_raised(
      "local t = setmetatable({}, {}) getmetatable(t).__tostring = function(s) return string.format('%s', s) "
      "end "
      "return string.format('%s', t)",
      "nested too deep");
}

TEST_F(ARunawayHook, EndsInLoadedTextThatNestsTooDeep) {
  expect_raised("return assert(load('return ' .. ('('):rep(1e5)))", "too many syntax levels");
  expect_raised("return assert(load('return ' .. ('a..'):rep(1e5) .. '1'))", "too many syntax levels");
  expect_raised("return load(('x'):rep(2e6))", "more than 1 MiB");
}

TEST_F(ARunawayHook, EndsWhenItInsertsFarOutsideOfAList) {
  expect_raised("table.insert({}, -2e9, 1)", "position out of bounds");
  expect_raised("table.insert({}, 2e9, 1)", "position out of bounds");
  EXPECT_TRUE(run("return table.remove({}, -2e9)").finished());
}

TEST_F(ARunawayHook, MayRaiseAnything) {
  EXPECT_EQ("(the error is a table, not a message)", run("error({})").value);
  EXPECT_EQ("(the error is a nil, not a message)", run("error(nil)").value);
  EXPECT_EQ(2048u, run("error(('x'):rep(1e6), 0)").value.size());
  expect_undisturbed();
}

// The hook of a run that was stopped too late must not reach the next one.
TEST_F(ARunawayHook, IsNotMistakenForTheOneAfterIt) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(run("while true do end").failed_by(Kind::kStopped));
    for (int j = 0; j < 50; ++j) expect_undisturbed();
  }
}

}  // namespace
}  // namespace moongate
