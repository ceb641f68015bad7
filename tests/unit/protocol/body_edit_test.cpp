#include "protocol/body_edit.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

using Action = MemberChange::Action;

std::string edited(std::string_view body, std::initializer_list<MemberChange> changes) {
  const std::vector<MemberChange> list(changes);
  const Result<BodyEdits> edits = edit_body(body, list);
  if (!edits.ok()) return "kInvalid: " + edits.error().message;
  const std::string out = edits->apply(body);
  EXPECT_EQ(static_cast<std::ptrdiff_t>(out.size()),
            static_cast<std::ptrdiff_t>(body.size()) + edits->growth());
  std::size_t at = 0;
  for (const BodyEdit& edit : edits->edits()) {
    EXPECT_GE(edit.offset, at);
    at = edit.offset + edit.remove;
  }
  EXPECT_LE(at, body.size());
  return out;
}

const MemberChange kDropModel{"model", Action::kRemove, {}};
const MemberChange kDropVersion{"anthropic_version", Action::kRemove, {}};
const MemberChange kAddVersion{"anthropic_version", Action::kAddIfAbsent, "\"v\""};
const MemberChange kSetModel{"model", Action::kSet, "\"new\""};

TEST(BodyEdit, RemovesTheFirstMember) {
  EXPECT_EQ(edited(R"({"model":"m","max_tokens":1.0e0,"x":[ ]})", {kDropModel}),
            R"({"max_tokens":1.0e0,"x":[ ]})");
  EXPECT_EQ(edited("{ \"model\" : \"m\" ,\n  \"a\" : 1 }", {kDropModel}), "{ \"a\" : 1 }");
}

TEST(BodyEdit, RemovesTheLastMember) {
  EXPECT_EQ(edited(R"({"a":1,"model":"m"})", {kDropModel}), R"({"a":1})");
  EXPECT_EQ(edited("{\n \"a\" : 1 ,\n \"model\" : \"m\"\n}\n", {kDropModel}), "{\n \"a\" : 1 \n}\n");
}

TEST(BodyEdit, RemovesAMemberInTheMiddle) {
  EXPECT_EQ(edited(R"({"a":1, "model":{"x":[1,"}"]}, "b":2})", {kDropModel}), R"({"a":1, "b":2})");
}

TEST(BodyEdit, RemovesTheOnlyMember) {
  EXPECT_EQ(edited(R"({"model":"m"})", {kDropModel}), "{}");
  EXPECT_EQ(edited(R"( { "model":"m" } )", {kDropModel}), " {  } ");
}

TEST(BodyEdit, RemovesNeighboursWithTheRightCommas) {
  EXPECT_EQ(edited(R"({"a":1,"model":"m","anthropic_version":"v"})", {kDropModel, kDropVersion}),
            R"({"a":1})");
  EXPECT_EQ(edited(R"({"a":1,"anthropic_version":"v" , "model":"m"})", {kDropModel, kDropVersion}),
            R"({"a":1})");
  EXPECT_EQ(edited(R"({"model":"m","anthropic_version":"v","a":1})", {kDropModel, kDropVersion}),
            R"({"a":1})");
  EXPECT_EQ(edited(R"({"model":"m","anthropic_version":"v"})", {kDropModel, kDropVersion}), "{}");
  EXPECT_EQ(edited(R"({"model":"m","a":1,"anthropic_version":"v"})", {kDropModel, kDropVersion}),
            R"({"a":1})");
}

TEST(BodyEdit, AddsAMemberInFront) {
  EXPECT_EQ(edited(R"({"a":1})", {kAddVersion}), R"({"anthropic_version":"v","a":1})");
  EXPECT_EQ(edited("{}", {kAddVersion}), R"({"anthropic_version":"v"})");
  EXPECT_EQ(edited("{ }", {kAddVersion}), R"({"anthropic_version":"v" })");
  EXPECT_EQ(edited(R"({"a":1,"anthropic_version":"old"})", {kAddVersion}),
            R"({"a":1,"anthropic_version":"old"})");
}

TEST(BodyEdit, AddsWhileItRemoves) {
  EXPECT_EQ(edited(R"({"model":"m","a":1})", {kDropModel, kAddVersion}),
            R"({"anthropic_version":"v","a":1})");
  EXPECT_EQ(edited(R"({ "model":"m" , "a":1})", {kDropModel, kAddVersion}),
            R"({"anthropic_version":"v", "a":1})");
  EXPECT_EQ(edited(R"({"a":1,"model":"m"})", {kDropModel, kAddVersion}),
            R"({"anthropic_version":"v","a":1})");
  EXPECT_EQ(edited(R"({"model":"m"})", {kDropModel, kAddVersion}), R"({"anthropic_version":"v"})");
  EXPECT_EQ(edited(R"({})", {kSetModel, kAddVersion}), R"({"model":"new","anthropic_version":"v"})");
}

TEST(BodyEdit, SetsAValueWhereItStands) {
  EXPECT_EQ(edited(R"({"a":1, "model" : "m" ,"b":"é"})", {kSetModel}),
            R"({"a":1, "model" : "new" ,"b":"é"})");
  EXPECT_EQ(edited(R"({"model":{"deep":[1]}})", {kSetModel}), R"({"model":"new"})");
  EXPECT_EQ(edited(R"({"model":1,"anthropic_version":2})", {kSetModel, kDropVersion}), R"({"model":"new"})");
}

TEST(BodyEdit, SeesThroughEscapedKeys) {
  EXPECT_EQ(edited(R"({"mod\u0065l":"m","a":1})", {kDropModel}), R"({"a":1})");
  EXPECT_EQ(edited(R"({"anthropic\u005fversion":"x"})", {kAddVersion}), R"({"anthropic\u005fversion":"x"})");
}

TEST(BodyEdit, LooksAtTheTopLevelOnly) {
  const std::string_view body = R"({"messages":[{"model":"inner"}],"metadata":{"model":"inner"}})";
  EXPECT_EQ(edited(body, {kDropModel}), body);
}

TEST(BodyEdit, RefusesWhatTwoParsersMayReadDifferently) {
  EXPECT_EQ(edited(R"({"model":"a","model":"b"})", {kDropModel}),
            "kInvalid: The request body has \"model\" more than once");
  EXPECT_EQ(edited(R"({"model":"a","x":1,"m\u006fdel":"b"})", {kSetModel}),
            "kInvalid: The request body has \"model\" more than once");
}

TEST(BodyEdit, RefusesBodiesThatAreNoCompleteObject) {
  for (const char* body : {"[]", "1", "x", "{]", "{} {}"}) {
    EXPECT_TRUE(edited(body, {kDropModel}).starts_with("kInvalid: The request body is not a JSON object"))
        << body;
  }
  for (const char* body : {"", "{", "{\"model\":\"m"}) {
    EXPECT_EQ(edited(body, {kDropModel}), "kInvalid: The request body is a JSON object cut short") << body;
  }
}

TEST(BodyEdit, KeepsABodyWithNothingToDo) {
  const Result<BodyEdits> edits = edit_body("{\"a\":1}", std::vector{kDropModel, kDropVersion});
  ASSERT_TRUE(edits.ok());
  EXPECT_TRUE(edits->empty());
  EXPECT_EQ(edits->growth(), 0);
}

// All members gone, kept and added in every combination leave a JSON object whose other members are
// unchanged.
TEST(BodyEdit, LeavesAnObjectInEveryOrderOfMembers) {
  const std::string_view members[] = {R"("model":"m")", R"("anthropic_version":"w")", R"("a": [1, "," ,{}])",
                                      R"("b":"}")"};
  for (int pick = 0; pick < 4 * 5 * 5 * 5; ++pick) {
    std::vector<std::string_view> chosen;
    for (int code = pick, i = 0; i < 4; ++i, code /= i == 1 ? 4 : 5) {
      const int member = i == 0 ? code % 4 : code % 5;
      if (member == 4) continue;
      if (std::find(chosen.begin(), chosen.end(), members[member]) == chosen.end())
        chosen.push_back(members[member]);
    }
    for (const std::string_view space : {"", " ", "\n  "}) {
      std::string body = "{";
      std::string rest;
      for (const std::string_view member : chosen) {
        body += (body.size() > 1 ? "," : "") + std::string(space) + std::string(member) + std::string(space);
        if (member != members[0] && member != members[1]) rest += std::string(member) + ";";
      }
      body += "}";
      for (const bool add : {false, true}) {
        const std::string out =
            add ? edited(body, {kDropModel, kAddVersion}) : edited(body, {kDropModel, kDropVersion});
        JsonScanner scanner({"model", "anthropic_version", "a", "b"}, 64);
        ASSERT_EQ(scanner.feed(out), JsonScanner::State::kDone) << body << " -> " << out;
        EXPECT_FALSE(scanner.seen(0));
        EXPECT_EQ(scanner.capture(1).count, add ? 1U : 0U) << out;
        for (const std::size_t i : {2U, 3U}) {
          const bool was = body.find(members[i]) != std::string::npos;
          EXPECT_EQ(scanner.seen(i), was) << body << " -> " << out;
          EXPECT_EQ(out.find(members[i]) != std::string::npos, was);
        }
      }
    }
  }
}

TEST(ClaudeBody, GoesToVertexWithoutItsModel) {
  const std::string_view body = R"({"model":"claude","stream":true,"messages":[]})";
  EXPECT_EQ(claude_body_for_vertex(body, false, "claude@1", "vertex-2023-10-16")->apply(body),
            R"({"anthropic_version":"vertex-2023-10-16","stream":true,"messages":[]})");
  EXPECT_EQ(claude_body_for_vertex(body, true, "claude@1", "vertex-2023-10-16")->apply(body),
            R"({"anthropic_version":"vertex-2023-10-16","model":"claude@1","stream":true,"messages":[]})");
}

TEST(ClaudeBody, GoesToAnthropicWithItsModel) {
  const std::string_view body = R"({"anthropic_version":"vertex-2023-10-16","messages":[]})";
  EXPECT_EQ(claude_body_for_anthropic(body, "claude\"x", false)->apply(body),
            R"({"model":"claude\"x","messages":[]})");
  EXPECT_EQ(claude_body_for_anthropic(body, "m", true)->apply(body),
            R"({"model":"m","stream":true,"messages":[]})");
  EXPECT_EQ(claude_body_for_anthropic(R"({"stream":false})", "m", true)->apply(R"({"stream":false})"),
            R"({"model":"m","stream":false})");
}

TEST(ClaudeVersion, HasItsOwnSpellingOnVertex) {
  EXPECT_EQ(vertex_version_of("2023-06-01"), "vertex-2023-10-16");
  EXPECT_EQ(vertex_version_of(""), "vertex-2023-10-16");
  EXPECT_EQ(vertex_version_of("2026-10-21"), "2026-10-21");
  EXPECT_EQ(anthropic_version_of("vertex-2023-10-16"), "2023-06-01");
  EXPECT_EQ(anthropic_version_of(""), "2023-06-01");
  EXPECT_EQ(anthropic_version_of("2026-10-21"), "2026-10-21");
}

}  // namespace
}  // namespace moongate
