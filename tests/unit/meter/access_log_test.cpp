#include "meter/access_log.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>

namespace moongate {
namespace {

class AccessLogTest : public ::testing::Test {
 protected:
  // The one line that this record makes.
  boost::json::object written(const AccessRecord& record) {
    const std::string before = sink_.text();
    log_.write(record);
    log_.flush();
    const std::string line = sink_.text().substr(before.size());
    EXPECT_TRUE(line.ends_with("}\n"));
    EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
    boost::system::error_code failed;
    const boost::json::value value = boost::json::parse(line, failed);
    EXPECT_FALSE(failed) << failed.message() << ": " << line;
    return value.is_object() ? value.as_object() : boost::json::object();
  }
  static AccessRecord complete() {
    AccessRecord record;
    record.unix_ns = 1'763'669'745'123'456'789;
    record.request_id = "mg-1";
    record.client = "map:0123";
    record.client_address = "::1";
    record.account = "main.json";
    record.provider = "vertex-claude";
    record.dialect = "anthropic";
    record.operation = "generate";
    record.method = "POST";
    record.path = "/v1/messages";
    record.model = "claude-sonnet-4-5";
    record.upstream_model = "claude-sonnet-4-5@20250929";
    record.status = 200;
    record.upstream_status = 200;
    record.outcome = Outcome::kDone;
    record.attempts = 2;
    record.stream = true;
    record.usage.input = 1;
    record.usage.cache_write_5m = 2;
    record.usage.cache_write_1h = 3;
    record.usage.cache_read = 4;
    record.usage.output = 5;
    record.usage.thoughts = 0;
    record.usage.tool_prompt = 7;
    record.usage.audio_input = 8;
    record.usage.web_searches = 9;
    record.usage.complete = true;
    record.ttfb_us = 1000;
    record.duration_us = 2000;
    record.bytes_in = 10;
    record.bytes_out = 20;
    record.error = "why";
    return record;
  }

  MemorySink sink_;
  AccessLog log_{sink_};
};

TEST_F(AccessLogTest, TellsEverythingOfAnExchange) {
  const boost::json::object expected = boost::json::parse(R"({
      "time": "2025-11-20T20:15:45.123Z", "request_id": "mg-1", "client": "map:0123", "client_address": "::1",
      "account": "main.json", "provider": "vertex-claude", "dialect": "anthropic", "operation": "generate",
      "method": "POST", "path": "/v1/messages", "model": "claude-sonnet-4-5",
      "upstream_model": "claude-sonnet-4-5@20250929", "status": 200, "upstream_status": 200, "outcome": "done",
      "attempts": 2, "stream": true, "input_tokens": 1, "cache_write_5m_tokens": 2, "cache_write_1h_tokens": 3,
      "cache_read_tokens": 4, "output_tokens": 5, "thought_tokens": 0, "tool_prompt_tokens": 7,
      "audio_input_tokens": 8, "web_searches": 9, "ttfb_us": 1000, "duration_us": 2000, "bytes_in": 10,
      "bytes_out": 20, "error": "why"})").as_object();
  EXPECT_EQ(written(complete()), expected);
}

TEST_F(AccessLogTest, LeavesOutWhatThereIsNot) {
  AccessRecord record;
  record.status = 404;
  record.outcome = Outcome::kRejected;
  const auto line = written(record);
  const boost::json::object expected = boost::json::parse(R"({"time": "1970-01-01T00:00:00.000Z", "status": 404,
      "outcome": "rejected", "attempts": 0, "stream": false, "duration_us": 0, "bytes_in": 0, "bytes_out": 0})").as_object();
  EXPECT_EQ(line, expected);
}

TEST_F(AccessLogTest, SaysWhenUsageIsPartialOrEstimated) {
  AccessRecord record = complete();
  record.usage.complete = false;
  EXPECT_TRUE(written(record).contains("usage_partial"));
  record.usage.complete = true;
  record.usage_estimated = true;
  const auto line = written(record);
  EXPECT_FALSE(line.contains("usage_partial"));
  EXPECT_TRUE(line.at("usage_estimated").as_bool());
  record.usage = Usage();
  EXPECT_FALSE(written(record).contains("usage_partial"));
}

TEST_F(AccessLogTest, NeverShowsAQuery) {
  AccessRecord record = complete();
  for (const char* path : {"/v1beta/models/m:generateContent?key=s3cret", "/x?a#s3cret", "/x#s3cret?a", "?s3cret"}) {
    record.path = path;
    log_.write(record);
  }
  log_.flush();
  EXPECT_EQ(sink_.text().find("s3cret"), std::string::npos);
}

TEST_F(AccessLogTest, MakesValidJsonOfAnyBytes) {
  std::mt19937 random(1);
  std::vector<std::string> hostile = {"\"", "\\", "a\nb", "a\r\nb", std::string("\0", 1), "\x7f", "\xff\xfe", "\xc3",
                                      "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x80\xa8", "</script>", "\xc3\xa4\xf0\x9f\x8c\x99",
                                      "\",\"status\":0,\"x\":\""};
  for (int i = 0; i < 300; ++i) {
    std::string bytes(random() % 700, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    hostile.push_back(bytes);
  }
  for (const std::string& text : hostile) {
    AccessRecord record = complete();
    record.request_id = record.client = record.client_address = record.account = text;
    record.method = record.path = record.model = record.error = text;
    const auto line = written(record);
    EXPECT_EQ(line.at("status").as_int64(), 200);
    EXPECT_EQ(line.at("outcome").as_string(), "done");
  }
  AccessRecord record = complete();
  record.model = "\xc3\xa4 \"\\\n\xf0\x9f\x8c\x99";
  EXPECT_EQ(written(record).at("model").as_string(), "\xc3\xa4 \"\\\n\xf0\x9f\x8c\x99");
}

TEST_F(AccessLogTest, CutsLongTextsBetweenCharacters) {
  AccessRecord record = complete();
  for (std::size_t shift = 0; shift < 5; ++shift) {
    std::string model(508 + shift, 'm');
    for (int i = 0; i < 400'000; ++i) model += "\xf0\x9f\x8c\x99";
    record.model = model;
    const std::string shown(written(record).at("model").as_string().c_str());
    EXPECT_LE(shown.size(), 515U);
    EXPECT_TRUE(shown.ends_with("\xe2\x80\xa6"));
    EXPECT_EQ(shown.find("\xef\xbf\xbd"), std::string::npos) << shift;
  }
}

TEST_F(AccessLogTest, ShowsExtremeNumbers) {
  AccessRecord record = complete();
  record.usage.input = std::numeric_limits<std::int64_t>::max();
  record.bytes_out = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  record.status = 0;
  record.upstream_status = -1;
  const auto line = written(record);
  EXPECT_EQ(line.at("input_tokens").as_int64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(line.at("status").as_int64(), 0);
}

TEST_F(AccessLogTest, KeepsTimeAcrossSeconds) {
  AccessRecord record = complete();
  record.unix_ns = 1'763'669'745'999'999'999;
  EXPECT_EQ(written(record).at("time").as_string(), "2025-11-20T20:15:45.999Z");
  record.unix_ns += 1;
  EXPECT_EQ(written(record).at("time").as_string(), "2025-11-20T20:15:46.000Z");
  record.unix_ns -= 1'001'000'000;  // the wall clock may step back
  EXPECT_EQ(written(record).at("time").as_string(), "2025-11-20T20:15:44.999Z");
}

TEST_F(AccessLogTest, CollectsLinesUntilFlushedOrMany) {
  log_.write(complete());
  EXPECT_EQ(sink_.text(), "");
  log_.flush();
  const std::size_t line = sink_.text().size();
  EXPECT_GT(line, 300U);
  for (std::size_t i = 0; i * line < 70'000; ++i) log_.write(complete());
  EXPECT_GE(sink_.text().size(), 64U * 1024);
  log_.flush();
  EXPECT_EQ(sink_.text().size() % line, 0U);
}

TEST(AccessLog, HandsOverTheLastLinesWhenItEnds) {
  MemorySink sink;
  {
    AccessLog log(sink);
    log.write(AccessRecord());
  }
  EXPECT_NE(sink.text(), "");
}

}  // namespace
}  // namespace moongate
