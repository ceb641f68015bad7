#include "meter/price_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "unit/meter/price_rows.h"

namespace moongate {
namespace {

using prices::file;
using prices::row;

// All complaints about a text, a line each.
std::string complaints(const std::string& text) {
  std::vector<Problem> problems;
  const std::vector<PriceRow> rows = parse_price_file("prices.json", text, problems);
  EXPECT_EQ(rows.empty(), !problems.empty());
  std::string lines;
  for (const Problem& problem : problems) lines += problem.format() + "\n";
  return lines;
}
std::string complaints_of_row(const std::string& members) { return complaints(file({row("r", members)})); }

constexpr const char* kPlain = R"("provider":"*","model":"m","input":"1")";

TEST(PriceFile, TheDeliveredTableIsSoundAndBuiltIn) {
  const std::vector<PriceRow> rows = prices::delivered();
  EXPECT_GE(rows.size(), 30U);
  for (const PriceRow& each : rows) {
    EXPECT_FALSE(each.source.empty()) << each.id;
    EXPECT_FALSE(each.date.empty()) << each.id;
  }
  std::ifstream in(std::string(MOONGATE_SOURCE_DIR) + "/data/prices.json");
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(), built_in_prices());
}

TEST(PriceDocumentation, ShowsARowThatIsOneAndNamesEveryMember) {
  std::ifstream in(std::string(MOONGATE_SOURCE_DIR) + "/docs/prices.md");
  std::stringstream stream;
  stream << in.rdbuf();
  const std::string text = stream.str();
  const std::size_t begin = text.find("```json\n") + 8;
  const Result<StoredPrice> shown = parse_price_row(std::string_view(text).substr(begin, text.find("```", begin) - begin));
  EXPECT_TRUE(shown.ok()) << shown.error().message;
  for (std::size_t i = 0; i < kTokenPrices; ++i) {
    EXPECT_NE(text.find('`' + std::string(to_string(static_cast<TokenPrice>(i))) + '`'), std::string::npos) << i;
  }
  for (const char* name : {"id", "provider", "model", "effective_from", "effective_until", "web_search", "image", "video_second",
                           "tiers", "multipliers", "source", "date", "notes", "batch", "flex", "priority", "provisioned", "fast",
                           "geo", "regional"}) {
    EXPECT_NE(text.find('`' + std::string(name) + '`'), std::string::npos) << name;
  }
}

TEST(PriceFile, EveryMemberOfARowIsRead) {
  const std::vector<PriceRow> rows = prices::parsed({row("all", R"("provider":"vertex","model":"g-*",
    "effective_from":"2026-01-31","effective_until":"2028-02-29",
    "input":"1.25","output":10,"cache_write_5m":"0.000000001","cache_write_1h":"2","cache_read":"0","audio_input":"3",
    "audio_output":"4","thoughts":"5","tool_prompt":"6","web_search":"10","image":"0.04","video_second":"0.40",
    "tiers":[{"above_prompt_tokens":200000,"input":"2","output":"3","cache_write_5m":"1","cache_write_1h":"1",
              "cache_read":"1","audio_input":"1","audio_output":"1","thoughts":"1","tool_prompt":"1"}],
    "multipliers":{"batch":"0.5","flex":"0.500001","priority":"1.8","provisioned":"0","fast":"6","regional":"1.1",
                   "geo":{"us":"1.1"}},"notes":"n")")});
  ASSERT_EQ(rows.size(), 1U);
  const PriceRow& all = rows[0];
  EXPECT_EQ(all.effective_from_s, 1'769'817'600);
  EXPECT_EQ(all.effective_until_s, 1'835'395'200);
  EXPECT_EQ(all.prices[TokenPrice::kInput], 1'250'000'000);
  EXPECT_EQ(all.prices[TokenPrice::kOutput], 10'000'000'000);
  EXPECT_EQ(all.prices[TokenPrice::kCacheWrite5m], 1);
  EXPECT_EQ(all.prices[TokenPrice::kCacheRead], 0);
  EXPECT_EQ(all.prices[TokenPrice::kToolPrompt], 6'000'000'000);
  EXPECT_EQ(all.web_search_nano, 10'000'000'000);
  EXPECT_EQ(all.image_nano, 40'000'000);
  EXPECT_EQ(all.video_nano, 400'000'000);
  ASSERT_EQ(all.tiers.size(), 1U);
  EXPECT_EQ(all.tiers[0].above_prompt_tokens, 200'000);
  EXPECT_EQ(all.tiers[0].prices[TokenPrice::kOutput], 3'000'000'000);
  EXPECT_EQ(all.factors.batch_ppm, 500'000);
  EXPECT_EQ(all.factors.flex_ppm, 500'001);
  EXPECT_EQ(all.factors.provisioned_ppm, 0);
  EXPECT_EQ(all.factors.fast_ppm, 6'000'000);
  ASSERT_EQ(all.factors.geo.size(), 1U);
  EXPECT_EQ(all.factors.geo[0], (std::pair<std::string, std::int64_t>("us", 1'100'000)));
  EXPECT_EQ(all.notes, "n");
}

TEST(PriceFile, WhatIsNotThereHasNoPrice) {
  const std::vector<PriceRow> rows = prices::parsed({row("r", kPlain)});
  EXPECT_EQ(rows[0].prices[TokenPrice::kCacheRead], kNoPrice);
  EXPECT_EQ(rows[0].web_search_nano, kNoPrice);
  EXPECT_EQ(rows[0].factors.batch_ppm, kNoFactor);
}

TEST(PriceFile, RowsComeBackFromTheirOwnText) {
  for (const PriceRow& each : prices::delivered()) {
    const Result<StoredPrice> again = parse_price_row(render_price_row(each));
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_TRUE(again->row == each) << each.id;
  }
}

TEST(PriceFile, ComplaintsNameLineColumnAndPath) {
  EXPECT_EQ(complaints("{\"prices\":[\n" + row("r", R"("provider":"*","model":"m","input":"-1")") + "]}"),
            "prices.json:2:84: $.prices[0].input: is negative; leave the member out where there is no price\n");
}

struct BadRow {
  const char* members;
  const char* complaint;
};

TEST(PriceFile, EachMistakeIsToldWithWhatToDo) {
  const BadRow bad[] = {
      {R"("provider":"*","model":"m","input":"1","ouput":"2")", "ouput: is not known; the nearest known member is \"output\""},
      {R"("provider":"*","model":"m","input":"1","input":"2")", "is here for the second time"},
      {R"("provider":"vertx","model":"m","input":"1")", "is no provider; the nearest is \"vertex\""},
      {R"("model":"m","input":"1")", "has no \"provider\""},
      {R"("provider":"*","model":"","input":"1")", "is empty; write the model's name"},
      {R"("provider":"*","model":"a*b","input":"1")", "one * only, at its end"},
      {R"("provider":"*","model":"models/m","input":"1")", "the bare name"},
      {R"("provider":"*","model":"m")", "has no price; give one"},
      {R"("provider":"*","model":"m","input":"1.0000000001")", "more than 9 places"},
      {R"("provider":"*","model":"m","input":"1e3")", "plain decimal number"},
      {R"("provider":"*","model":"m","input":"1.")", "plain decimal number"},
      {R"("provider":"*","model":"m","input":"1.2.3")", "plain decimal number"},
      {R"("provider":"*","model":"m","input":"")", "plain decimal number"},
      {R"("provider":"*","model":"m","input":true)", "must be a decimal number"},
      {R"("provider":"*","model":"m","input":"1000001")", "prices are per million tokens"},
      {R"("provider":"*","model":"m","input":"99999999999999999999")", "prices are per million tokens"},
      {R"("provider":"*","model":"m","input":"1","effective_from":"2026-02-29")", "is no day; write it as"},
      {R"("provider":"*","model":"m","input":"1","effective_from":"2026-1-1")", "is no day"},
      {R"("provider":"*","model":"m","input":"1","effective_from":20260101)", "must be a string, not a number"},
      {R"("provider":"*","model":"m","input":"1","effective_from":"2026-02-02","effective_until":"2026-02-02")",
       "effective_until: must be after effective_from"},
      {R"("provider":"*","model":"m","input":"1","multipliers":{"batsh":"0.5"})", "nearest known member is \"batch\""},
      {R"("provider":"*","model":"m","input":"1","multipliers":{"batch":"0.0000001"})", "more than 6 places"},
      {R"("provider":"*","model":"m","input":"1","multipliers":{"batch":"1001"})", "a factor of more than 1000"},
      {R"("provider":"*","model":"m","input":"1","multipliers":{"geo":{"":"1"}})", "is no region"},
      {R"("provider":"*","model":"m","input":"1","tiers":[{"input":"2"}])", "above_prompt_tokens: must be a whole number"},
      {R"("provider":"*","model":"m","input":"1","output":"2","tiers":[{"above_prompt_tokens":5,"input":"2"}])",
       "tiers[0].output: is missing; a tier stands alone"},
      {R"("provider":"*","model":"m","input":"1","tiers":[{"above_prompt_tokens":5,"input":"2"},
         {"above_prompt_tokens":5,"input":"2"}])", "must be more than in the tier before"},
      {R"("provider":"*","model":"m","input":"1","tiers":{})", "must be an array, not an object"},
      {R"("provider":"*","model":"m","input":"1","notes":7)", "must be a string"},
  };
  for (const BadRow& each : bad) {
    EXPECT_NE(complaints_of_row(each.members).find(each.complaint), std::string::npos)
        << each.members << "\n" << complaints_of_row(each.members);
  }
  const std::string no_source = R"({"id":"r","provider":"*","model":"m","input":"1"})";
  EXPECT_NE(complaints(file({no_source})).find("has no \"source\""), std::string::npos);
  EXPECT_NE(complaints(file({no_source})).find("has no \"date\""), std::string::npos);
}

TEST(PriceFile, RowsWhoseDatesOverlapAreRefused) {
  const std::string early = row("early", R"("provider":"*","model":"m","input":"1","effective_until":"2026-10-08")");
  const std::string late = row("late", R"("provider":"*","model":"m","input":"1","effective_from":"2026-10-07")");
  const std::string other = row("other", R"("provider":"vertex","model":"m","input":"1")");
  const std::string found = complaints(file({late, early, other}));
  EXPECT_NE(found.find("overlaps with the row on line 3"), std::string::npos) << found;
  const std::string next = row("late", R"("provider":"*","model":"m","input":"1","effective_from":"2026-10-08")");
  EXPECT_EQ(complaints(file({next, early, other})), "");  // the day that ends one begins the other
}

TEST(PriceFile, AnIdIsThereOnce) {
  const std::string found = complaints(file({row("r", kPlain), row("r", R"("provider":"*","model":"n","input":"1")")}));
  EXPECT_NE(found.find("$.prices[1].id: \"r\" is the id of the row on line 2, too"), std::string::npos) << found;
}

TEST(PriceFile, WhatIsNoTableIsRefused) {
  EXPECT_NE(complaints("").find("prices.json"), std::string::npos);
  EXPECT_NE(complaints("7").find("must be an object"), std::string::npos);
  EXPECT_NE(complaints("{}").find("has no \"prices\""), std::string::npos);
  EXPECT_NE(complaints(R"({"prices":[7]})").find("$.prices[0]: a price row must be an object"), std::string::npos);
  EXPECT_NE(complaints(R"({"prices":[],"price":[]})").find("$.price: is not known"), std::string::npos);
  EXPECT_NE(complaints(std::string(kMaxPriceRows * 300, ' ')).find("larger than 1 MiB"), std::string::npos);
}

TEST(PriceFile, AListAloneIsATableToo) {
  std::vector<Problem> problems;
  EXPECT_EQ(parse_price_file("rows", "[" + row("r", kPlain) + "]", problems).size(), 1U);
  EXPECT_TRUE(problems.empty());
  parse_price_file("rows", "[{}]", problems);
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].path, "$[0]");
}

TEST(PriceFile, AFileThatIsWrongThroughoutDoesNotFillTheLog) {
  std::vector<std::string> rows(3000, "{}");
  std::vector<Problem> problems;
  parse_price_file("prices.json", file(rows), problems);
  EXPECT_EQ(problems.size(), 100U);
  EXPECT_EQ(problems.back().message, "there are more problems, which are not listed");
}

TEST(PriceFile, AFileThatIsNotThereIsOneProblem) {
  std::vector<Problem> problems;
  EXPECT_TRUE(load_price_file("/nowhere/prices.json", problems).empty());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].format().find("/nowhere/prices.json: the price table"), std::string::npos) << problems[0].format();
}

TEST(PriceFile, ARowForTheStoreComesWithItsColumns) {
  const std::string json = row("mine", R"("provider":"gemini","model":"m","input":"1","effective_from":"1970-01-02")");
  const Result<StoredPrice> stored = parse_price_row(json);
  ASSERT_TRUE(stored.ok()) << stored.error().message;
  EXPECT_TRUE(stored->record == (PriceRecord{"mine", "gemini", "m", 86'400, 0, json}));
  EXPECT_EQ(parse_price_row("{").ok(), false);
  const Result<StoredPrice> bad = parse_price_row(row("mine", R"("provider":"gemini","model":"m","cache_red":"1")"));
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message.find("$.cache_red: is not known"), std::string::npos) << bad.error().message;
}

TEST(PriceFile, TheStoresRowsAreCheckedAsAFilesAre) {
  const auto record = [](const char* id, const std::string& members) {
    return PriceRecord{id, "*", "m", 0, 0, row(id, members)};
  };
  std::vector<Problem> problems;
  EXPECT_EQ(parse_price_records({record("a", kPlain)}, problems).size(), 1U);
  EXPECT_TRUE(problems.empty());
  EXPECT_TRUE(parse_price_records({record("a", kPlain), record("b", kPlain)}, problems).empty());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].format().find("overlaps"), std::string::npos);
  problems.clear();
  parse_price_records({PriceRecord{"torn", "*", "m", 0, 0, "{"}}, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "torn");
}

}  // namespace
}  // namespace moongate
