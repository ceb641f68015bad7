#include "meter/ledger_entry.h"

#include <gtest/gtest.h>

#include <random>

#include "meter/usage_cost.h"

namespace moongate {
namespace {

LedgerRecord full_record() {
  LedgerRecord record;
  record.request_id = "req-1";
  record.ended_at_ms = 1'763'668'421'123;
  record.gateway = "gate-a";
  record.client = "team";
  record.key_id = "k-1";
  record.user_id = "u-1";
  record.provider = "vertex-claude";
  record.account = "main";
  record.location = "europe-west1";
  record.model = "claude";
  record.upstream_model = "claude-sonnet-4-5@20250929";
  record.operation = "generate";
  record.outcome = "client-gone";
  record.status = 200;
  record.stream = record.estimated = record.priced = true;
  record.service_tier = "standard";
  record.inference_geo = "us";
  record.speed = "fast";
  record.input_tokens = 1;
  record.cache_write_5m_tokens = 2;
  record.cache_write_1h_tokens = 3;
  record.cache_read_tokens = 4;
  record.output_tokens = 5;
  record.thought_tokens = 6;
  record.tool_prompt_tokens = 7;
  record.audio_input_tokens = 8;
  record.audio_output_tokens = 9;
  record.web_searches = 10;
  record.images = 11;
  record.video_ms = 12'000;
  record.raw_usage = R"({"input_tokens":1})";
  record.cost_nano = 123'456'789;
  record.billed_nano = -5;
  record.markup_ppm = 2'000'000;
  record.price_id = "claude-sonnet-4-5";
  record.duration_ms = 987;
  record.first_byte_ms = -1;
  record.bytes_in = 1 << 20;
  record.bytes_out = std::int64_t{1} << 40;
  return record;
}

std::string encoded(const LedgerRecord& record) {
  std::string bytes;
  encode(record, bytes);
  return bytes;
}

TEST(LedgerEntry, EveryFieldComesBackFromItsBytes) {
  const LedgerRecord record = full_record();
  const std::string bytes = encoded(record);
  EXPECT_LT(bytes.size(), 320U);
  const auto back = decode_ledger_record(bytes);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_TRUE(*back == record);
  // A new field of the record belongs into the bytes, too: append it to the lists, and to full_record().
  EXPECT_EQ(sizeof(LedgerRecord), 17 * sizeof(std::string) + 20 * sizeof(std::int64_t) + 16);
}

TEST(LedgerEntry, ExtremeNumbersComeBack) {
  LedgerRecord record;
  record.request_id = "r";
  record.cost_nano = std::numeric_limits<std::int64_t>::max();
  record.billed_nano = std::numeric_limits<std::int64_t>::min();
  const auto back = decode_ledger_record(encoded(record));
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(*back == record);
}

TEST(LedgerEntry, WhatALaterVersionAppendsIsPassedOver) {
  std::string bytes = encoded(full_record());
  // One more text and one more number: both lists' lengths are single bytes, the texts' is the second byte.
  const std::size_t numbers = bytes.size();
  LedgerRecord none = full_record();
  std::string rebuilt;
  rebuilt += bytes[0];
  rebuilt += static_cast<char>(bytes[1] + 1);
  std::size_t at = 2;
  for (int i = 0; i < bytes[1]; ++i) at += 1 + static_cast<unsigned char>(bytes[at]);
  rebuilt += bytes.substr(2, at - 2) + std::string("\x03new") + static_cast<char>(bytes[at] + 1);
  rebuilt += bytes.substr(at + 1, numbers) + '\x08';
  const auto back = decode_ledger_record(rebuilt);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_TRUE(*back == none);
}

TEST(LedgerEntry, WhatAnEarlierVersionDidNotHaveKeepsItsDefault) {
  const std::string bytes("\x01\x01\x02r1\x02\x02\x90\x03", 9);
  const auto back = decode_ledger_record(bytes);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->request_id, "r1");
  EXPECT_EQ(back->status, 200);
  EXPECT_EQ(back->markup_ppm, 1'000'000);
  EXPECT_EQ(back->first_byte_ms, -1);
}

TEST(LedgerEntry, ACutEntryIsRefusedWhereverItIsCut) {
  const std::string bytes = encoded(full_record());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_ledger_record(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(decode_ledger_record(bytes + "x").ok());
}

TEST(LedgerEntry, DamagedBytesNeverDoMoreThanFail) {
  std::mt19937 random(7);
  const std::string good = encoded(full_record());
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    for (unsigned i = 0; i < 1 + random() % 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto back = decode_ledger_record(bytes);
    if (back.ok()) EXPECT_FALSE(back->request_id.empty());
  }
}

TEST(LedgerEntry, AnotherVersionIsNamed) {
  std::string bytes = encoded(full_record());
  bytes[0] = 2;
  const auto back = decode_ledger_record(bytes);
  ASSERT_FALSE(back.ok());
  EXPECT_NE(back.error().message.find("version"), std::string::npos);
}

TEST(LedgerEntry, LongTextsAreCutAtACharacterAndTheEntryStaysBounded) {
  LedgerRecord record = full_record();
  for (std::string* text : {&record.request_id, &record.gateway, &record.client, &record.model, &record.account}) {
    *text = std::string(254, 'a') + "\xC3\xBC" + std::string(9000, 'b');
  }
  record.raw_usage.assign(100'000, 'x');
  const std::string bytes = encoded(record);
  EXPECT_LE(bytes.size(), kLongestLedgerEntry);
  const auto back = decode_ledger_record(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->model, std::string(254, 'a'));
  EXPECT_EQ(back->raw_usage.size(), kLedgerRawUsage);
}

TEST(LedgerEntry, ARowIsMadeFromWhatTheAccessLogKnows) {
  AccessRecord access;
  access.unix_ns = 1'763'668'421'123'456'789;
  access.request_id = "req-1";
  access.client = "team";
  access.account = "main";
  access.provider = "anthropic";
  access.operation = "generate";
  access.model = "m\xFF\x01";
  access.status = 200;
  access.outcome = Outcome::kClientGone;
  access.stream = true;
  access.usage.input = 10;
  access.usage.output = 20;
  access.ttfb_us = 1500;
  access.duration_us = 2'500'000;
  LedgerFacts facts;
  facts.gateway = "gate-a";
  facts.user_id = "u-1";
  facts.markup_ppm = 2'000'000;
  UsageCost cost;
  cost.priced = true;
  cost.cost_nano = 5;
  cost.billed_nano = 10;
  cost.price_id = "row";
  const LedgerRecord record = make_ledger_record(access, facts, cost);
  EXPECT_EQ(record.ended_at_ms, 1'763'668'421'123);
  EXPECT_EQ(record.model, "m\xEF\xBF\xBD\x01");
  EXPECT_EQ(record.upstream_model, record.model);
  EXPECT_EQ(record.outcome, "client-gone");
  EXPECT_TRUE(record.estimated);  // its final report never came
  EXPECT_EQ(record.input_tokens, 10);
  EXPECT_EQ(record.cache_read_tokens, 0);
  EXPECT_EQ(record.billed_nano, 10);
  EXPECT_EQ(record.markup_ppm, 2'000'000);
  EXPECT_EQ(record.first_byte_ms, 1);
  EXPECT_EQ(record.duration_ms, 2500);
  EXPECT_EQ(record.gateway, "gate-a");
}

}  // namespace
}  // namespace moongate
