#include "meter/price_book.h"

#include <gtest/gtest.h>

#include "unit/meter/price_rows.h"

namespace moongate {
namespace {

using prices::day_ms;
using prices::row;

std::string found(const PriceBook& book, std::string_view provider, std::string_view model, std::int64_t at_ms = 0) {
  const PriceRow* price = book.find(provider, model, at_ms);
  return price == nullptr ? "" : price->id;
}

std::string priced(const std::string& id, const std::string& provider, const std::string& model, const std::string& dates = "") {
  return row(id, "\"provider\":\"" + provider + "\",\"model\":\"" + model + "\",\"input\":\"1\"" + dates);
}

TEST(PriceBook, AnExactNameBeatsItsFamilyAndTheLongestBeginning) {
  const PriceBook book(prices::parsed({priced("all", "*", "*"), priced("claude", "*", "claude-*"),
                                       priced("sonnet", "*", "claude-sonnet-*"), priced("family", "*", "claude-sonnet-4-5"),
                                       priced("dated", "*", "claude-sonnet-4-5-20991231")}));
  EXPECT_EQ(found(book, "anthropic", "claude-sonnet-4-5-20991231"), "dated");
  EXPECT_EQ(found(book, "anthropic", "claude-sonnet-4-5-20250929"), "family");
  EXPECT_EQ(found(book, "anthropic", "claude-sonnet-4-5"), "family");
  EXPECT_EQ(found(book, "anthropic", "claude-sonnet-9"), "sonnet");
  EXPECT_EQ(found(book, "anthropic", "claude-opus-9"), "claude");
  EXPECT_EQ(found(book, "gemini", "gemini-9"), "all");
}

TEST(PriceBook, DatesInAModelsNameLeadToItsFamily) {
  EXPECT_EQ(family_of_model("claude-sonnet-4-5@20250929"), "claude-sonnet-4-5");
  EXPECT_EQ(family_of_model("claude-sonnet-4-5-20250929"), "claude-sonnet-4-5");
  EXPECT_EQ(family_of_model("claude-opus-5@default"), "claude-opus-5");
  EXPECT_EQ(family_of_model("claude-opus-4-1"), "claude-opus-4-1");
  EXPECT_EQ(family_of_model("model-12345678"), "model-12345678");  // a number, not a date
  EXPECT_EQ(family_of_model("gemini-embedding-001"), "gemini-embedding-001");
  EXPECT_EQ(family_of_model("-20250929"), "-20250929");
  EXPECT_EQ(family_of_model(""), "");
}

TEST(PriceBook, ResourceNamesCountAsTheirModel) {
  const PriceBook book(prices::parsed({priced("pro", "*", "gemini-2.5-pro")}));
  for (const char* name : {"gemini-2.5-pro", "models/gemini-2.5-pro", "publishers/google/models/gemini-2.5-pro",
                           "projects/p/locations/l/publishers/google/models/gemini-2.5-pro"}) {
    EXPECT_EQ(found(book, "vertex", name), "pro") << name;
  }
}

TEST(PriceBook, NamesDifferByCase) {
  const PriceBook book(prices::parsed({priced("pro", "*", "gemini-2.5-pro")}));
  EXPECT_EQ(found(book, "vertex", "Gemini-2.5-pro"), "");
  EXPECT_EQ(found(book, "vertex", "gemini-2.5-pro-x"), "");
  EXPECT_EQ(found(book, "vertex", ""), "");
}

TEST(PriceBook, AProvidersOwnRowBeatsTheOneForAll) {
  const PriceBook book(prices::parsed({priced("all", "*", "m"), priced("vertex", "vertex", "m")}));
  EXPECT_EQ(found(book, "vertex", "m"), "vertex");
  EXPECT_EQ(found(book, "gemini", "m"), "all");
}

TEST(PriceBook, ARowHoldsFromItsFirstDayToBeforeItsLast) {
  const PriceBook book(prices::parsed({priced("early", "*", "m", R"(,"effective_until":"2026-10-07")"),
                                       priced("late", "*", "m", R"(,"effective_from":"2026-10-07","effective_until":"2027-01-01")")}));
  const std::int64_t change = day_ms("2026-10-07");
  EXPECT_EQ(found(book, "vertex", "m", change - 1), "early");
  EXPECT_EQ(found(book, "vertex", "m", change), "late");
  EXPECT_EQ(found(book, "vertex", "m", day_ms("2027-01-01") - 1), "late");
  EXPECT_EQ(found(book, "vertex", "m", day_ms("2027-01-01")), "");
  EXPECT_EQ(found(book, "vertex", "m", -1), "early");
}

TEST(PriceBook, AfterARowsEndTheNextBestFits) {
  const PriceBook book(prices::parsed({priced("any", "*", "*"), priced("old", "*", "m", R"(,"effective_until":"2026-10-07")")}));
  EXPECT_EQ(found(book, "vertex", "m", 0), "old");
  EXPECT_EQ(found(book, "vertex", "m", day_ms("2026-10-07")), "any");
}

TEST(PriceBook, TheStoresRowBeatsTheFilesForTheSamePatternWhileItHolds) {
  const PriceBook book(
      prices::parsed({priced("file", "*", "m"), priced("own", "vertex", "m"), priced("file-any", "*", "m-*")}),
      prices::parsed({priced("stored", "*", "m", R"(,"effective_from":"2026-10-07")"), priced("stored-any", "*", "m-*")}));
  EXPECT_EQ(found(book, "gemini", "m", 0), "file");
  EXPECT_EQ(found(book, "gemini", "m", day_ms("2026-10-07")), "stored");
  EXPECT_EQ(found(book, "vertex", "m", day_ms("2026-10-07")), "own");  // another pattern
  EXPECT_EQ(found(book, "gemini", "m-1", 0), "stored-any");
  EXPECT_EQ(book.rows().size(), 5U);
}

TEST(PriceBook, AnEmptyBookPricesNothing) { EXPECT_EQ(found(PriceBook(), "anthropic", "claude-opus-5"), ""); }

TEST(PriceBook, TiersBeginAboveTheirThreshold) {
  const std::vector<PriceRow> rows = prices::parsed({row("r", R"("provider":"*","model":"m","input":"1",
    "tiers":[{"above_prompt_tokens":100,"input":"2"},{"above_prompt_tokens":200,"input":"3"}])")});
  const auto input = [&](std::int64_t prompt) { return rows[0].prices_for(prompt)[TokenPrice::kInput] / kNanosPerDollar; };
  EXPECT_EQ(input(0), 1);
  EXPECT_EQ(input(100), 1);
  EXPECT_EQ(input(101), 2);
  EXPECT_EQ(input(200), 2);
  EXPECT_EQ(input(201), 3);
}

}  // namespace
}  // namespace moongate
