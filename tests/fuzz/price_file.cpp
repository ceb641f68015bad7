// A price table, hostile: what is taken can be written down and read back, is found under its own name, and bills
// without wrapping.
#include "fuzz_input.h"
#include "meter/price_file.h"
#include "meter/usage_cost.h"

namespace {

using namespace moongate;
using fuzz::check;

void check_row(const PriceRow& row, const PriceBook& book) {
  const Result<StoredPrice> again = parse_price_row(render_price_row(row));
  check(again.ok() && again->row == row);
  const std::string model = row.model.ends_with('*') ? row.model.substr(0, row.model.size() - 1) + "x" : row.model;
  const std::int64_t from = row.effective_from_s < 0 ? 0 : row.effective_from_s;
  const PriceRow* found = book.find(row.provider == "*" ? "vertex" : row.provider, model, from * 1000);
  check(found != nullptr || row.effective_until_s <= from);
  CostCounts counts;
  counts.input = counts.output = counts.cache_read = counts.web_searches = 1'000'003;
  for (const std::string_view tier : {"", "batch", "priority"}) {
    const CostContext context{"eu", tier, "us", "fast"};
    const UsageCost cost = cost_of(counts, &row, context, 2'000'000);
    check(cost.cost_nano >= 0 && cost.billed_nano >= 0 && cost.priced == cost.why_unpriced.empty());
    check(!describe(cost).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  std::vector<Problem> problems;
  const std::vector<PriceRow> rows = parse_price_file("prices.json", text, problems);
  check(rows.empty() || problems.empty());
  for (const Problem& problem : problems) {
    check(!problem.message.empty() && problem.line >= 0 && problem.column >= 0);
    check(problem.format().find('\n') == std::string::npos);
  }
  const PriceBook book(rows);
  for (const PriceRow& row : rows) check_row(row, book);
  const Result<StoredPrice> lone = parse_price_row(text);
  if (lone.ok()) check_row(lone->row, PriceBook({lone->row}));
  return 0;
}
