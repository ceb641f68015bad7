#include "control/price_table.h"

#include <filesystem>

#include "config/check.h"
#include "meter/price_file.h"
#include "meter/usage_cost.h"

namespace moongate {
namespace {

Status failed_by(const std::vector<Problem>& problems) {
  if (!has_errors(problems)) return {};
  std::string text = format_problems(problems);
  while (text.ends_with('\n')) text.pop_back();
  return Error(ErrorKind::kInvalid, std::move(text));
}

}  // namespace

Result<PriceTable> read_price_table(const Settings& settings, LedgerStore& store) {
  const std::string& path = settings.billing.prices;
  std::vector<Problem> problems;
  std::error_code ignored;
  const bool built_in = path == Settings().billing.prices && !std::filesystem::exists(path, ignored);
  auto rows = built_in ? parse_price_file("the built-in price table", built_in_prices(), problems)
                       : load_price_file(path, problems);
  auto records = store.list_prices();
  if (!records) return records.error();
  auto stored = parse_price_records(*records, problems);
  if (Status status = failed_by(problems); !status) return status.error();
  return PriceTable{std::make_shared<const PriceBook>(std::move(rows), std::move(stored)), std::move(*records)};
}

Result<std::vector<PriceRecord>> parse_price_list(std::string_view json) {
  std::vector<Problem> problems;
  const std::vector<PriceRow> rows = parse_price_file("rows", json, problems);
  if (Status status = failed_by(problems); !status) return status.error();
  std::vector<PriceRecord> records;
  for (const PriceRow& row : rows) {
    auto stored = parse_price_row(render_price_row(row));
    if (!stored) return stored.error();
    records.push_back(std::move(stored->record));
  }
  return records;
}

PriceHooks price_hooks(std::function<std::shared_ptr<const PriceBook>()> book) {
  PriceHooks hooks;
  hooks.effective = [book] {
    std::string out = "[";
    const std::shared_ptr<const PriceBook> now = book();
    for (const PriceRow& row : now->rows()) out += (out.size() > 1 ? "," : "") + render_price_row(row);
    return out + "]";
  };
  hooks.parse = parse_price_list;
  hooks.pricer = [book]() -> std::function<void(LedgerRecord&)> {
    return [now = book()](LedgerRecord& record) { reprice(*now, record); };
  };
  return hooks;
}

}  // namespace moongate
