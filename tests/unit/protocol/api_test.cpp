#include "protocol/api.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

TEST(Provider, IsFoundByTheNameThatPoliciesUse) {
  EXPECT_EQ(parse_provider("vertex-claude"), Provider::kVertexClaude);
  EXPECT_EQ(parse_provider("Vertex"), std::nullopt);
  EXPECT_EQ(parse_provider(""), std::nullopt);
}

TEST(DefaultHost, FollowsTheLocation) {
  EXPECT_EQ(default_host(Provider::kVertex, "us-central1"), "us-central1-aiplatform.googleapis.com");
  EXPECT_EQ(default_host(Provider::kVertex, "global"), "aiplatform.googleapis.com");
  EXPECT_EQ(default_host(Provider::kVertexClaude, "us"), "aiplatform.us.rep.googleapis.com");
  EXPECT_EQ(default_host(Provider::kVertexClaude, "eu"), "aiplatform.eu.rep.googleapis.com");
  EXPECT_EQ(default_host(Provider::kVertex, ""), "us-central1-aiplatform.googleapis.com");
  EXPECT_EQ(default_host(Provider::kAnthropic, "us"), "api.anthropic.com");
  EXPECT_EQ(default_host(Provider::kGemini, ""), "generativelanguage.googleapis.com");
}

TEST(DefaultHost, IsEmptyForALocationThatCouldNameAnotherHost) {
  for (const char* location : {"evil.example", "x/", "a@b", "A", "-a", "a-", "a b", "a:1",
                               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_EQ(default_host(Provider::kVertex, location), "") << location;
  }
}

TEST(Segment, IsPercentDecodedAndLeftAloneWhereThatIsNoEscape) {
  EXPECT_EQ(decode_segment("claude-sonnet-4-5%4020250929"), "claude-sonnet-4-5@20250929");
  EXPECT_EQ(decode_segment("100%"), "100%");
  EXPECT_EQ(decode_segment("%4"), "%4");
  EXPECT_EQ(decode_segment("%zz%41"), "%zzA");
}

TEST(ModelResource, IsCutDownToTheModelsOwnName) {
  EXPECT_EQ(model_of_resource("models/gemini-2.5-pro"), "gemini-2.5-pro");
  EXPECT_EQ(model_of_resource("projects/p/locations/l/publishers/google/models/m"), "m");
  EXPECT_EQ(model_of_resource("publishers/google/models/m"), "m");
  EXPECT_EQ(model_of_resource("gemini-2.5-pro"), "gemini-2.5-pro");
}

TEST(Target, ViewsPointIntoWhatWasGiven) {
  const std::string text =
      "/claude/v1/projects/p/locations/l/publishers/google/models/m:generateContent?key=k";
  const ApiTarget target = parse_target("POST", text);
  for (const std::string_view view : {target.version, target.project, target.location, target.model,
                                      target.verb, target.path, target.query, target.key}) {
    EXPECT_GE(view.data(), text.data());
    EXPECT_LE(view.data() + view.size(), text.data() + text.size());
    EXPECT_FALSE(view.empty());
  }
}

TEST(Target, ThatIsUnknownKeepsNothingButItsDialect) {
  const ApiTarget target = parse_target("POST", "/v1beta/models/m/../x:generateContent?key=k&alt=sse");
  EXPECT_EQ(target.operation, Operation::kNone);
  EXPECT_EQ(target.dialect, Dialect::kGemini);
  EXPECT_TRUE(target.model.empty());
  EXPECT_TRUE(target.key.empty());
  EXPECT_FALSE(target.sse);
  EXPECT_TRUE(target.method_allowed);
}

TEST(Target, WithAMegabyteOfModelIsStillAName) {
  const std::string text = "/v1beta/models/" + std::string(1 << 20, 'm') + ":generateContent";
  EXPECT_EQ(parse_target("POST", text).model.size(), std::size_t{1} << 20);
}

TEST(Rewrite, SaysWhyAnOperationCannotGoThere) {
  const ApiTarget target = parse_target("POST", "/v1/messages/batches");
  const Result<std::string> result =
      upstream_request_target(target, {Provider::kVertexClaude, "p", "l", "", false});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(result.error().source, ErrorSource::kClient);
  EXPECT_EQ(result.error().message,
            "The operation batches of the anthropic API has no equivalent at the provider vertex-claude; "
            "route it to "
            "an account that speaks the same API");
}

TEST(Rewrite, OfMessagesWithoutAModelToVertexIsRefused) {
  const ApiTarget target = parse_target("POST", "/v1/messages");
  EXPECT_FALSE(upstream_request_target(target, {Provider::kVertexClaude, "p", "l", "", false}).ok());
}

}  // namespace
}  // namespace moongate
