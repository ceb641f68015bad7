// Our matcher against LuaJIT's own string library, which the sandbox replaces: same answers, same errors.
#include "script/vm/pattern.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "lua_run.h"

namespace moongate {
namespace {

class Patterns : public LuaRun {
 protected:
  Patterns() : theirs_(luaL_newstate(), lua_close) { luaL_openlibs(theirs_.get()); }

  static constexpr const char* kShow = R"lua(
    local function show(...)
      local out = {}
      for i = 1, select('#', ...) do out[i] = tostring((select(i, ...))) end
      return table.concat(out, '|')
    end
    local function try(f, ...)
      return show(pcall(f, ...))
    end
  )lua";

  std::string ours(const std::string& code) { return run(kShow + code).value; }
  std::string reference(const std::string& code) {
    lua_State* L = theirs_.get();
    lua_settop(L, 0);
    const std::string all = kShow + code;
    if (luaL_loadbuffer(L, all.data(), all.size(), "@test.lua") != 0 || lua_pcall(L, 0, 1, 0) != 0) {
      return std::string("error: ") + lua_tostring(L, -1);
    }
    return lua_tostring(L, -1);
  }
  void expect_same(const std::string& code) { EXPECT_EQ(reference(code), ours(code)) << code; }

  std::unique_ptr<lua_State, void (*)(lua_State*)> theirs_;
};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (unsigned char c : text) {
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\%03d", c);
    out += escape;
  }
  return out + "'";
}

TEST_F(Patterns, AnswerAsTheManualSays) {
  for (const char* code : {
           "return try(string.find, 'hello world', 'o w')",
           "return try(string.find, 'hello world', 'l+')",
           "return try(string.find, 'hello', '()ll()')",
           "return try(string.find, 'a.b', '.', 2, true)",
           "return try(string.find, 'abc', 'b', -1)",
           "return try(string.find, 'abc', 'b', -10)",
           "return try(string.find, 'abc', '', 10)",
           "return try(string.find, '', '')",
           "return try(string.find, 'abc', '^b', 2)",
           "return try(string.match, 'key = value', '^(%w+)%s*=%s*(%w+)$')",
           "return try(string.match, '2026-11-20', '(%d+)-(%d+)-(%d+)')",
           "return try(string.match, 'THE (quick) fox', '%((%a+)%)')",
           "return try(string.match, 'THE (quick) fox', '%f[%a]%a+%f[%A]', 5)",
           "return try(string.match, 'x(a(b)c)y', '%b()')",
           "return try(string.match, [[\"it's\"]], [[([\"'])(.-)%1]])",
           "return try(string.match, 'a]b', '[]]')",
           "return try(string.match, 'a-b', '[a-]+')",
           "return try(string.match, 'x^y', '[x^]+')",
           "return try(string.match, 'a\\0b', 'a%zb')",
           "return try(string.match, 'a\\0b', '[^%z]+')",
           "return try(string.match, '  trim  ', '^%s*(.-)%s*$')",
           "return try(string.gsub, 'hello world', 'o', '0')",
           "return try(string.gsub, 'hello world', '(o)', '<%1%0%%>', 1)",
           "return try(string.gsub, 'abc', '', '-')",
           "return try(string.gsub, 'abc', '%w', '%0%0')",
           "return try(string.gsub, 'abc', '%w', {a = 1, b = true, c = false})",
           "return try(string.gsub, 'abc', '%w', function(c) if c == 'b' then return 'B' end end)",
           "return try(string.gsub, 'hello', 'l', 7)",
           "return try(string.gsub, 'abc', '^a', 'x')",
           "return try(string.gsub, 'abc', 'b', 'x', 0)",
           "return try(string.gsub, 'abc', 'b', 'x', -1)",
           "return try(string.gsub, 'abc', '(', 'x')",
           "return try(string.gsub, 'abc', 'b', {b = {}})",
           "return try(string.gsub, 'abc', 'b', '%2')",
           "return try(string.find, 'abc', '%')",
           "return try(string.find, 'abc', '[a')",
           "return try(string.find, 'abc', '[')",
           "return try(string.find, 'abc', '[^')",
           "return try(string.find, 'abc', '[%')",
           "return try(string.find, 'abc', 'a)')",
           "return try(string.find, 'abc', '(a')",
           "return try(string.find, 'abc', '%1')",
           "return try(string.find, 'abc', '%f')",
           "return try(string.find, 'abab', '(ab)%1')",
           "return try(string.find, 'abab', '()%1')",
           "local o = {} for k, v in string.gmatch('a=1, b=2', '(%w+)=(%w+)') do o[#o + 1] = k .. v end "
           "return show(unpack(o))",
           "local o = {} for w in string.gmatch('ab cd', '%a*') do o[#o + 1] = '<' .. w .. '>' end return "
           "show(unpack(o))",
           "local o = {} for w in string.gmatch('abc', '()') do o[#o + 1] = w end return show(unpack(o))",
           "return show(('x'):rep(3), ('a,b'):find(',', 1, true), ('%d'):format(3))",
       }) {
    expect_same(code);
  }
}

TEST_F(Patterns, AnswerTheSameForTenThousandOddOnes) {
  std::mt19937 random(20261120);
  const std::string pattern_alphabet = "ab%()[]^$.-*+?x1dwsf%%((";
  const std::string text_alphabet = "aabb x1-()[]";
  auto text_of = [&](const std::string& alphabet, std::size_t most) {
    std::string text;
    for (std::size_t n = random() % (most + 1); n > 0; --n) text += alphabet[random() % alphabet.size()];
    return text;
  };
  for (int i = 0; i < 10000; ++i) {
    const std::string subject = quoted(text_of(text_alphabet, 12));
    const std::string pattern = quoted(text_of(pattern_alphabet, 9));
    switch (i % 3) {
      case 0:
        expect_same("return try(string.find, " + subject + ", " + pattern + ")");
        break;
      case 1:
        expect_same("return try(string.gsub, " + subject + ", " + pattern + ", '<%0>')");
        break;
      default:
        expect_same("return try(function() local o = {} for a, b in string.gmatch(" + subject + ", " +
                    pattern + ") do o[#o + 1] = show(a, b) end return unpack(o) end)");
    }
    if (HasFailure()) break;
  }
}

TEST_F(Patterns, KnowEveryClassOfEveryByte) {
  for (char name : std::string("acdglpsuwxzACDGLPSUWXZ")) {
    expect_same(std::string("local o = {} for i = 0, 255 do if string.char(i):find('^%") + name +
                "$') then o[#o + 1] = i end end return show(unpack(o))");
  }
}

TEST(AStepMeter, LetsALongTextTakeMoreSteps) {
  StepMeter small(0, nullptr);
  EXPECT_THROW(
      {
        for (int i = 0; i < 2'000'000; ++i) small.take();
      },
      PatternError);
  StepMeter large(1 << 20, nullptr);
  for (int i = 0; i < 20'000'000; ++i) large.take();
}

}  // namespace
}  // namespace moongate
