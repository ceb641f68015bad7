// Heads edited by marking, and put together again.
#include <gtest/gtest.h>

#include "http/head.h"

namespace moongate {
namespace {

const std::string kText =
    "GET / HTTP/1.1\r\nHost: gate\r\nA:  one \r\nx-api-key: k\r\na: two\r\nB: three\r\n\r\n";

class HeadEdit : public testing::Test {
 protected:
  void SetUp() override {
    std::size_t searched = 0;
    ASSERT_TRUE(parse_request_head(kText, {}, searched, head_));
  }
  std::string fields() const {
    std::string out;
    append_fields(head_, out);
    return out;
  }
  RequestHead head_;
};

TEST_F(HeadEdit, UntouchedLinesAreTheBytesReceived) {
  EXPECT_EQ("GET / HTTP/1.1\r\n" + fields() + "\r\n", kText);
}

TEST_F(HeadEdit, RemovedFieldsLeaveTheOthersInOrder) {
  head_.remove("A");
  EXPECT_EQ(fields(), "Host: gate\r\nx-api-key: k\r\nB: three\r\n");
  EXPECT_FALSE(head_.find("a"));
  head_.remove(HeaderId::kXApiKey);
  head_.remove("absent");
  EXPECT_EQ(fields(), "Host: gate\r\nB: three\r\n");
  EXPECT_FALSE(head_.find(HeaderId::kXApiKey));
}

TEST_F(HeadEdit, TheFirstOfSeveralIsFound) {
  EXPECT_EQ(head_.find("a").value, "one");
  EXPECT_EQ(head_.find(HeaderId::kHost).value, "gate");
  EXPECT_FALSE(head_.find("C").found);
}

TEST_F(HeadEdit, SettingReplacesEveryOneOfThatName) {
  ASSERT_TRUE(head_.set("a", "new"));
  ASSERT_TRUE(head_.set("C", "x"));
  ASSERT_TRUE(head_.set("c", "y\tz"));
  EXPECT_EQ(fields(), "Host: gate\r\nx-api-key: k\r\nB: three\r\na: new\r\nc: y\tz\r\n");
  EXPECT_EQ(head_.find("A").value, "new");
}

TEST_F(HeadEdit, AddedFieldsCountWhenAskedForByIdToo) {
  ASSERT_TRUE(head_.set("Anthropic-Version", "2023-06-01"));
  EXPECT_EQ(head_.find(HeaderId::kAnthropicVersion).value, "2023-06-01");
  ASSERT_TRUE(head_.set("X-API-Key", "other"));
  EXPECT_EQ(head_.find(HeaderId::kXApiKey).value, "other");
  head_.remove(HeaderId::kXApiKey);
  EXPECT_FALSE(head_.find("x-api-key"));
  EXPECT_EQ(fields().find("other"), std::string::npos);
}

TEST_F(HeadEdit, NamesThatAreNoTokensAreRefused) {
  const std::string before = fields();
  for (const char* name : {"", "a b", "a:", "a\r\nb", "\xC3\xA4", "a\"", "(x)"}) {
    const Status status = head_.set(name, "v");
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
  }
  EXPECT_EQ(fields(), before);
}

TEST_F(HeadEdit, ValuesThatWouldBreakTheLineAreRefused) {
  const std::string before = fields();
  for (const std::string value :
       {std::string("a\rb"), std::string("a\nb"), std::string("a\0b", 3), std::string("\x7F")}) {
    const Status status = head_.set("A", value);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(status.error().message.find(value), std::string::npos) << "values may be secrets";
  }
  EXPECT_EQ(fields(), before);
}

TEST_F(HeadEdit, FramingIsTheCoresOwn) {
  for (const char* name : {"Content-Length", "TRANSFER-ENCODING", "connection", "Host"}) {
    const Status status = head_.set(name, "1");
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().kind, ErrorKind::kForbidden);
  }
}

TEST_F(HeadEdit, StrippingCountsWhatItTook) {
  ASSERT_TRUE(head_.set("X-Trace", "1"));
  EXPECT_EQ(head_.strip(HeaderSet({"x-*", "A"})), 4);
  EXPECT_EQ(head_.strip(HeaderSet({"x-*", "A"})), 0);
  EXPECT_EQ(fields(), "Host: gate\r\nB: three\r\n");
}

TEST(HeaderSet, MatchesNamesInAnyCaseAndPrefixes) {
  const HeaderSet set({"X-Goog-*", "Cookie", "via", "", "x-forwarded-*"});
  const auto has = [&](std::string_view name) { return set.contains(header_hash(name), name); };
  EXPECT_TRUE(has("cookie"));
  EXPECT_TRUE(has("COOKIE"));
  EXPECT_FALSE(has("Cookie2"));
  EXPECT_FALSE(has("Cooki"));
  EXPECT_TRUE(has("x-goog-api-key"));
  EXPECT_TRUE(has("X-GOOG-"));
  EXPECT_FALSE(has("x-goo"));
  EXPECT_TRUE(has("X-Forwarded-For"));
  EXPECT_FALSE(has(""));
}

TEST(HeaderSet, AStarAloneMatchesEverythingAndNothingMatchesNothing) {
  EXPECT_TRUE(HeaderSet({"*"}).contains(header_hash("A"), "A"));
  EXPECT_FALSE(HeaderSet(std::vector<std::string>()).contains(header_hash("A"), "A"));
}

TEST(HeaderSet, HoldsManyNames) {
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) names.push_back("X-" + std::to_string(i));
  const HeaderSet set(names);
  for (const std::string& name : names) ASSERT_TRUE(set.contains(header_hash(name), name));
  EXPECT_FALSE(set.contains(header_hash("x-500"), "x-500"));
}

}  // namespace
}  // namespace moongate
