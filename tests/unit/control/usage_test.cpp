#include "control/csv.h"
#include "control/price_table.h"
#include "unit/control/admin_fixture.h"

namespace moongate {
namespace {

TEST(Times, AreReadInEveryUsualForm) {
  EXPECT_EQ(parse_time("2026-11-20T12:00:00Z"), 1795176000);
  EXPECT_EQ(parse_time("2026-11-20T13:00:00.999+01:00"), 1795176000);
  EXPECT_EQ(parse_time("2026-11-20 12:00Z"), 1795176000);
  EXPECT_EQ(parse_time("2026-11-20"), 1795132800);
  for (const char* wrong : {"", "2026", "2026-13-01", "2026-02-29", "2026-11-20T25:00:00Z", "2026-11-20T12:00:00", "20261120",
                            "2026-11-20T12:00:00Zx", "2026-11-20T12:00:00+1:00", "1969-12-31", "yesterday", "2026-11-20T12:00:60Z"}) {
    EXPECT_FALSE(parse_time(wrong)) << wrong;
  }
}

TEST(Times, PeriodsAreWholeYearsMonthsAndDays) {
  EXPECT_EQ(parse_period("2026-02")->to_s - parse_period("2026-02")->from_s, 28 * 86400);
  EXPECT_EQ(parse_period("2028-02")->to_s - parse_period("2028-02")->from_s, 29 * 86400);
  EXPECT_EQ(parse_period("2026-12")->to_s, parse_time("2027-01-01"));
  EXPECT_EQ(parse_period("2026")->to_s, parse_time("2027-01-01"));
  EXPECT_EQ(parse_period("2026-11-20")->from_s, parse_time("2026-11-20"));
  EXPECT_FALSE(parse_period("2026-13"));
  EXPECT_FALSE(parse_period("2026-"));
  EXPECT_FALSE(parse_period("11-2026"));
}

TEST(Csv, QuotesWhatMustBeAndDefusesFormulas) {
  CsvText csv;
  csv.text("plain");
  csv.text("a,\"b\"\n");
  csv.text("=HYPERLINK(\"x\")");
  csv.plain("-12.50");
  csv.end_row();
  csv.text("-1");
  csv.end_row();
  EXPECT_EQ(csv.take(), "plain,\"a,\"\"b\"\"\n\",\"'=HYPERLINK(\"\"x\"\")\",-12.50\n\"'-1\"\n");
}

struct UsageAndLedger : AdminTest {
  void SetUp() override {
    user = make_user("ann");
    int number = 0;
    for (const auto& [when, model, client] : {std::tuple("2026-11-18T10:15:00Z", "claude-sonnet-5", "app"),
                                              std::tuple("2026-11-18T10:45:00Z", "claude-sonnet-5", "app"),
                                              std::tuple("2026-11-19T23:59:59Z", "gemini-2.5-pro", "other"),
                                              std::tuple("2026-10-31T23:59:59Z", "claude-sonnet-5", "app")}) {
      LedgerRecord row;
      row.request_id = "r" + std::to_string(++number);
      row.ended_at_ms = parse_time(when).value() * 1000;
      row.client = client;
      row.user_id = user;
      row.provider = "anthropic";
      row.model = model;
      row.upstream_model = model;
      row.operation = "messages";
      row.outcome = "done";
      row.status = 200;
      row.input_tokens = 100;
      row.output_tokens = 10;
      row.priced = true;
      row.cost_nano = 450'000;
      row.billed_nano = 900'000;
      EXPECT_TRUE(store.append_ledger({row}).ok());
    }
  }
  std::string user;
};

TEST_F(UsageAndLedger, OfThisMonthIsToldByDay) {
  const HttpResponse answer = get("usage");
  EXPECT_EQ(at(answer, "from"), "2026-11-01T00:00:00Z");
  EXPECT_EQ(at(answer, "to"), "2026-12-01T00:00:00Z");
  EXPECT_EQ(at(answer, "rows.0.day"), "2026-11-18");
  EXPECT_EQ(at(answer, "rows.0.requests"), "2");
  EXPECT_EQ(at(answer, "rows.0.cost"), "0.0009");
  EXPECT_EQ(at(answer, "rows.1.day"), "2026-11-19");
  EXPECT_EQ(at(answer, "rows.2"), "<none>");
  EXPECT_EQ(at(answer, "total.billed"), "0.0027");
}

TEST_F(UsageAndLedger, IsCutAlongWhatIsAskedFor) {
  EXPECT_EQ(at(get("usage?date=2026&by=model"), "rows.0.requests"), "3");
  EXPECT_EQ(at(get("usage?by=client,model&client=other"), "rows.0.model"), "gemini-2.5-pro");
  EXPECT_EQ(at(get("usage?by=hour&date=2026-11-18"), "rows.0.hour"), "2026-11-18T10:00:00Z");
  EXPECT_EQ(at(get("usage?by=user"), "rows.0.user"), "ann");
  EXPECT_EQ(at(get("usage?by=total&user=ann"), "rows.0.input_tokens"), "300");
  EXPECT_EQ(at(get("usage?by=total&model=gemini-2.5-pro"), "total.output_tokens"), "10");
  EXPECT_EQ(at(get("usage?by=total&from=2026-11-18T10:00:00Z&to=2026-11-18T11:00:00Z"), "total.requests"), "2");
  EXPECT_EQ(at(get("usage?by=total&from=2026-11-18T11:00:00Z&to=2026-11-19"), "total.requests"), "0");
}

TEST_F(UsageAndLedger, IsCsvToTheLetter) {
  const HttpResponse answer = get("usage?by=day,model&format=csv");
  EXPECT_EQ(find_header(answer.headers, "Content-Type"), "text/csv; charset=utf-8");
  EXPECT_EQ(answer.body,
            "day,model,requests,failures,unpriced,estimated,input_tokens,cache_write_tokens,cache_read_tokens,output_tokens,cost,billed\n"
            "2026-11-18,claude-sonnet-5,2,0,0,0,200,0,0,20,0.0009,0.0018\n"
            "2026-11-19,gemini-2.5-pro,1,0,0,0,100,0,0,10,0.00045,0.0009\n");
}

TEST_F(UsageAndLedger, WrongQuestionsAreToldByName) {
  const std::pair<const char*, const char*> cases[] = {
      {"date=2026-13", "\"date\" must be"},
      {"date=2026-11&from=2026-11-01", "Ask either by"},
      {"from=2026-11-02&to=2026-11-01", "\"from\" must lie before"},
      {"from=2026-11-01T10:30:00Z", "full hours"},
      {"from=2026-11-01T10:00:00Z&to=2026-11-02", "must be midnight"},
      {"by=moon", "\"by\" must be"},
      {"by=day,hour", "day or hour once"},
      {"format=xml", "\"format\" must be one of json, csv"},
      {"form=csv", "did you mean"},
      {"by=day&by=hour", "is there twice"},
  };
  for (const auto& [query, part] : cases) EXPECT_SAYS(get(std::string("usage?") + query), part);
  EXPECT_EQ(get("usage?user=nobody").status, 404);
}

TEST_F(UsageAndLedger, TheLedgerIsReadPageByPage) {
  const HttpResponse first = get("ledger?limit=3&user=ann");
  EXPECT_EQ(at(first, "rows.0.request_id"), "r3");
  EXPECT_EQ(at(first, "rows.0.usage.input_tokens"), "100");
  EXPECT_EQ(at(first, "rows.0.cost"), "0.00045");
  const HttpResponse second = get("ledger?limit=3&user=ann&cursor=" + at(first, "next"));
  EXPECT_EQ(at(second, "rows.0.request_id"), "r4");
  EXPECT_EQ(at(second, "next"), "null");
  EXPECT_EQ(at(get("ledger/r2"), "client"), "app");
  EXPECT_EQ(get("ledger/none").status, 404);
  EXPECT_SAYS(get("ledger?cursor=nonsense"), "\"cursor\" must be");
  EXPECT_SAYS(get("ledger?limit=0"), "\"limit\" must be");
  EXPECT_EQ(at(get("ledger?model=gemini-2.5-pro"), "rows.0.request_id"), "r3");
  EXPECT_EQ(at(get("ledger?from=2026-11-19&to=2026-11-20"), "rows.0.request_id"), "r3");
}

TEST_F(UsageAndLedger, RepricingChangesBillsOnce) {
  EXPECT_SAYS(post("reprice", R"({"from":"2026-11-01","to":"2026-12-01"})"), "501");
  hooks.prices.pricer = []() -> std::function<void(LedgerRecord&)> {
    return [](LedgerRecord& row) { row.cost_nano = 1'000'000, row.billed_nano = 2'000'000, row.price_id = "new"; };
  };
  restart();
  EXPECT_EQ(at(post("reprice", R"({"from":"2026-11-01","to":"2026-12-01"})"), "changed"), "3");
  EXPECT_EQ(at(post("reprice", R"({"from":"2026-11-01","to":"2026-12-01"})"), "changed"), "0");
  EXPECT_EQ(at(get("usage?by=total"), "total.billed"), "0.006");
  EXPECT_EQ(at(get("users/ann/balance"), "balance"), "-0.0069");
  EXPECT_TRUE(store.check_books().ok());
  EXPECT_SAYS(post("reprice", R"({"from":"2026-12-01","to":"2026-11-01"})"), "both needed");
  EXPECT_SAYS(post("reprice", "{}"), "both needed");
}

struct PricesOfTheStore : AdminTest {
  void SetUp() override {
    const auto table = read_price_table(settings, store);
    ASSERT_TRUE(table.ok()) << table.error().describe();
    hooks.prices = price_hooks([this] { return read_price_table(settings, store)->book; });
    hooks.prices_changed = [this] { ++changes; };
    restart();
  }
  int changes = 0;
};

TEST_F(PricesOfTheStore, LieOverThoseOfTheProgram) {
  const std::string row = R"({"id":"mine","provider":"anthropic","model":"claude-sonnet-5","effective_from":"2026-01-01","input":"1.00","output":"2.00","source":"contract","date":"2026-11-01"})";
  const HttpResponse put = send("PUT", "prices", R"({"rows":[)" + row + "]}");
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(at(put, "stored.0.id"), "mine");
  EXPECT_EQ(at(put, "effective.0.id"), "mine");
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(audit().front(), "admin prices.replace prices");
  EXPECT_EQ(at(send("PUT", "prices", R"({"rows":[]})"), "stored"), "[]");
}

TEST_F(PricesOfTheStore, WithAMistakeAreNotTakenOver) {
  const std::string row = R"("provider":"anthropic","model":"m","input":"1","output":"2","source":"s","date":"2026-11-01"})";
  EXPECT_EQ(send("PUT", "prices", R"({"rows":[{"id":"a",)" + row + R"(,{"id":"b",)" + row + "]}").status, 400);  // overlapping
  EXPECT_SAYS(send("PUT", "prices", R"({"rows":[{"id":"a","provider":"anthropic","model":"m","input":"-1"}]})"), "input");
  EXPECT_SAYS(send("PUT", "prices", "{}"), "\"rows\" is missing");
  EXPECT_EQ(at(get("prices"), "stored"), "[]");
  EXPECT_EQ(changes, 0);
}

}  // namespace
}  // namespace moongate
