#include "protocol/upstream_error.h"

#include <gtest/gtest.h>

#include "protocol/conversation.h"
#include "protocol/thinking_strip.h"

namespace moongate {
namespace {

constexpr std::int64_t kNow = 1'792'567'680;  // Wed, 21 Oct 2026 07:28:00 GMT

UpstreamError read(int status, std::string_view body, UpstreamErrorHeaders headers = {}, bool names_resource = false) {
  return read_upstream_error(status, headers, body, names_resource, kNow);
}

std::string anthropic(std::string_view type, std::string_view message) {
  return R"({"type":"error","error":{"type":")" + std::string(type) + R"(","message":")" + std::string(message) + R"("},"request_id":"r"})";
}

std::string google(std::string_view status, std::string_view message, std::string_view details = "") {
  return R"({"error":{"code":1,"message":")" + std::string(message) + R"(","status":")" + std::string(status) + R"(","details":[)" +
         std::string(details) + "]}}";
}

using F = UpstreamFault;

TEST(UpstreamErrorTest, EachRefusalOfAnthropicsHasItsClass) {
  EXPECT_EQ(read(429, anthropic("rate_limit_error", "slow down")).fault, F::kRateLimited);
  EXPECT_EQ(read(429, R"({"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}})").fault,
            F::kSpendLimit);
  EXPECT_EQ(read(400, anthropic("invalid_request_error", "Your credit balance is too low to access")).fault, F::kSpendLimit);
  EXPECT_EQ(read(400, anthropic("billing_error", "x")).fault, F::kSpendLimit);
  EXPECT_EQ(read(402, anthropic("billing_error", "x")).fault, F::kSpendLimit);
  EXPECT_EQ(read(529, anthropic("overloaded_error", "Overloaded")).fault, F::kOverloaded);
  EXPECT_EQ(read(401, anthropic("authentication_error", "invalid x-api-key")).fault, F::kUnauthenticated);
  EXPECT_EQ(read(403, anthropic("permission_error", "no access to this model")).fault, F::kForbidden);
  EXPECT_EQ(read(404, anthropic("not_found_error", "model: x")).fault, F::kNotFound);
  EXPECT_EQ(read(500, anthropic("api_error", "x")).fault, F::kServerError);
  EXPECT_EQ(read(413, anthropic("request_too_large", "x")).fault, F::kCallerFault);
  EXPECT_EQ(read(200, "").fault, F::kNone);
}

TEST(UpstreamErrorTest, EachRefusalOfGooglesHasItsClass) {
  EXPECT_EQ(read(429, google("RESOURCE_EXHAUSTED", "x")).fault, F::kExhausted);
  EXPECT_EQ(read(400, google("INVALID_ARGUMENT", "x", R"({"@type":"t/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"})")).fault,
            F::kUnauthenticated);
  EXPECT_EQ(read(403, google("PERMISSION_DENIED", "x", R"({"reason":"SERVICE_DISABLED"})")).fault, F::kForbidden);
  EXPECT_EQ(read(403, google("PERMISSION_DENIED", "You do not have permission to access the File a or it may not exist.")).fault,
            F::kRefused);
  EXPECT_EQ(read(503, google("UNAVAILABLE", "The model is overloaded.")).fault, F::kOverloaded);
  EXPECT_EQ(read(503, "<html>bad gateway</html>").fault, F::kServerError);
  EXPECT_EQ(read(400, google("INVALID_ARGUMENT", "Thought signature is not valid")).fault, F::kBadSignature);
}

TEST(UpstreamErrorTest, AnErrorInAnArrayIsReadLikeAnyOther) {
  EXPECT_EQ(read(429, "[" + google("RESOURCE_EXHAUSTED", "x") + "]").fault, F::kExhausted);
}

TEST(UpstreamErrorTest, A403AboutAResourceOrOfUnknownShapeSaysNothingOfTheAccount) {
  EXPECT_EQ(read(403, anthropic("permission_error", "x"), {}, true).fault, F::kRefused);
  EXPECT_EQ(read(403, "<html>").fault, F::kRefused);
  EXPECT_EQ(read(403, "").fault, F::kRefused);
}

TEST(UpstreamErrorTest, ACallerWhoIsQuotedCannotDisableAnAccount) {
  for (const std::string_view said : {"your credit balance is too low", "this organization has been disabled",
                                      "you have reached your specified API usage limits"}) {
    EXPECT_EQ(read(400, anthropic("invalid_request_error", "tools.0.type: Input tag '" + std::string(said) + "' found")).fault,
              F::kCallerFault) << said;
  }
  EXPECT_EQ(read(400, anthropic("invalid_request_error", "You have reached your specified API usage limits. You will regain access on")).fault,
            F::kSpendLimit);
}

TEST(UpstreamErrorTest, WaitsAreToldInManyWays) {
  EXPECT_EQ(read(429, "", {.retry_after = "3"}).retry_after_ms, 3000);
  EXPECT_EQ(read(429, "", {.retry_after = "0.25"}).retry_after_ms, 250);
  EXPECT_EQ(read(429, "", {.retry_after = "Wed, 21 Oct 2026 07:28:30 GMT"}).retry_after_ms, 30'000);
  EXPECT_EQ(read(429, "", {.retry_after = "Wed, 21 Oct 2020 07:28:30 GMT"}).retry_after_ms, 0);
  EXPECT_EQ(read(429, "", {.retry_after = "3", .retry_after_ms = "1500"}).retry_after_ms, 1500);
  EXPECT_EQ(read(429, "", {.retry_after_ms = "123456.7"}).retry_after_ms, 123'457);
  EXPECT_EQ(read(429, google("RESOURCE_EXHAUSTED", "x", R"({"@type":"RetryInfo","retryDelay":"1.5s"})")).retry_after_ms, 1500);
  for (const std::string_view nonsense : {"", "soon", "-1", "1e9", "3 s", "Wed, 99 Oct 2026 07:28:30 GMT"}) {
    EXPECT_EQ(read(429, "", {.retry_after = nonsense}).retry_after_ms, -1) << nonsense;
  }
  EXPECT_EQ(read(429, "", {.retry_after = "99999999999999999999"}).retry_after_ms, UpstreamError::kLongestWaitMs);
}

TEST(UpstreamErrorTest, RefusedBetasAreNamed) {
  const auto one = read(400, anthropic("invalid_request_error", "Unexpected value(s) `a-1`, `b-2` for the `anthropic-beta` header."));
  EXPECT_EQ(one.fault, F::kBadBeta);
  EXPECT_EQ(one.values, (std::vector<std::string>{"a-1", "b-2"}));
  EXPECT_EQ(read(400, anthropic("invalid_request_error", "Unexpected value(s) for the `anthropic-beta` header")).fault, F::kCallerFault);
}

TEST(UpstreamErrorTest, ASignatureThatIsRefusedIsKnownAsSuch) {
  EXPECT_EQ(read(400, anthropic("invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block")).fault,
            F::kBadSignature);
}

TEST(UpstreamErrorTest, ACutBodyStillTellsWhatItHasSaid) {
  const std::string whole = anthropic("overloaded_error", "x");
  for (std::size_t n = 0; n <= whole.size(); ++n) read(503, std::string_view(whole).substr(0, n));
  EXPECT_EQ(read(503, whole.substr(0, whole.find(",\"message\""))).fault, F::kOverloaded);
}

TEST(UpstreamErrorTest, TheReasonIsFitForLogs) {
  EXPECT_EQ(read(403, R"({"error":{"status":"A\nB\u0007 C","details":[]}})").reason, "ABC");
  EXPECT_LE(read(403, R"({"error":{"status":")" + std::string(1000, 'x') + R"("}})").reason.size(), 64u);
}

TEST(ThinkingStripTest, BlocksGoAndEveryOtherByteStays) {
  EXPECT_EQ(strip_thinking(R"({ "a":1.50,"messages" : [{"role":"user","content":"x"},{"content":[ {"type":"thinking","signature":"s"} , {"type":"text","text":"thinking"} ]}] })"),
            R"({ "a":1.50,"messages" : [{"role":"user","content":"x"},{"content":[ {"type":"text","text":"thinking"} ]}] })");
  EXPECT_EQ(strip_thinking(R"({"messages":[{"content":[{"t":1},{"type":"redacted_thinking"}]},{"content":"z"}]})"),
            R"({"messages":[{"content":[{"t":1}]},{"content":"z"}]})");
}

TEST(ThinkingStripTest, AMessageOfNothingElseGoesWhole) {
  EXPECT_EQ(strip_thinking(R"({"messages":[{"content":"a"},{"content":[{"type":"thinking"}]},{"content":[{"type":"thinking"},{"x":1}]}]})"),
            R"({"messages":[{"content":"a"},{"content":[{"x":1}]}]})");
}

TEST(ThinkingStripTest, WhereThereIsNothingToTakeOutNothingIsChanged) {
  for (const std::string_view body : {"", "[]", "{}", R"({"messages":[]})", R"({"messages":[{"content":[{"type":"thinking"}]}]})",
                                      R"({"messages":[{"content":[{"type":"thinking"})", R"({"messages":[{"content":"thinking"}]})"}) {
    EXPECT_FALSE(strip_thinking(body)) << body;
  }
}

TEST(ConversationTest, CacheMarksDoNotChangeWhichConversationItIs) {
  const auto marked = read_conversation(
      R"({"system":"s","messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}]})");
  const auto moved = read_conversation(
      R"({"system":"s","messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"user","content":[{"text":"b","cache_control":{"ttl":"1h"}}]}]})");
  EXPECT_TRUE(marked.cached);
  EXPECT_FALSE(marked.one_hour);
  EXPECT_TRUE(moved.one_hour);
  EXPECT_EQ(marked.prefix, moved.prefix);
  EXPECT_NE(marked.prefix, read_conversation(
      R"({"system":"t","messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{}}]}]})").prefix);
  EXPECT_EQ(read_conversation(R"({"metadata":{"user_id":"u1"}})").user, "\"u1\"");
  EXPECT_FALSE(read_conversation(R"({"messages":[]})").cached);
}

TEST(ConversationTest, ResourcesHaveOneNameHoweverTheyAreWritten) {
  EXPECT_EQ(resource_of_name("projects/p/locations/l/cachedContents/x1"), "cachedContents/x1");
  EXPECT_EQ(resource_of_name("files/abc"), "files/abc");
  EXPECT_EQ(resource_of_name("file_1"), "files/file_1");
  EXPECT_EQ(resource_of_name("msgbatch_1"), "batches/msgbatch_1");
  EXPECT_EQ(resource_of_name("models/veo/operations/op1"), "operations/op1");
  for (const std::string_view other : {"", "msg_1", "/", "models/x", "a/"}) EXPECT_EQ(resource_of_name(other), "") << other;
  const auto of = [](std::string_view path) { return resource_of_target(parse_target("GET", path)); };
  EXPECT_EQ(of("/v1/files/file_1/content"), "files/file_1");
  EXPECT_EQ(of("/v1/files"), "");
  EXPECT_EQ(of("/v1/messages/batches/msgbatch_1/results"), "batches/msgbatch_1");
  EXPECT_EQ(of("/v1beta/models/veo/operations/op1"), "operations/op1");
  EXPECT_EQ(resource_of_target(parse_target("POST", "/upload/v1beta/files?upload_id=u1&x=2")), "uploads/u1");
  EXPECT_EQ(resource_in_body(Operation::kFetchOperation, R"({"operationName":"projects/p/operations/o1"})"), "operations/o1");
  EXPECT_EQ(resource_in_body(Operation::kGenerate, R"({"cachedContent":"cachedContents/c1"})"), "cachedContents/c1");
  EXPECT_EQ(resource_in_body(Operation::kGenerate, R"({"text":"see src/operations/x and files/y"})"), "");
}

}  // namespace
}  // namespace moongate
