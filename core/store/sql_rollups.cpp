// Usage, told from the sums by hour and by day alone.
#include "store/sql_ledger_rows.h"
#include "store/sql_store.h"

namespace moongate {
namespace {

struct Grouping {
  std::string columns;  // the five of a key; those that are summed over are constants
  std::string groups;
};

Grouping grouping_of(const UsageQuery& query) {
  Grouping grouping;
  const auto add = [&](bool wanted, const char* column, const char* constant) {
    grouping.columns.append(wanted ? column : constant).append(", ");
    if (wanted) grouping.groups.append(grouping.groups.empty() ? "" : ", ").append(column);
  };
  add(query.by_bucket, "bucket_start", "0");
  add(query.by_user, "user_id", "''");
  add(query.by_client, "client", "''");
  add(query.by_provider, "provider", "''");
  add(query.by_model, "model", "''");
  return grouping;
}

}  // namespace

Result<std::vector<UsageRollup>> SqlStore::sum_usage(const UsageQuery& q) {
  const SqlTable& table = usage_table(q.bucket);
  const Grouping grouping = grouping_of(q);
  std::string sql = "SELECT " + grouping.columns + "COUNT(*)";
  for (std::size_t i = table.key_columns; i < table.columns.size(); ++i) {
    // MySQL sums into a decimal; SQLite takes this for a cast to a number, which an integer is.
    sql += ", CAST(COALESCE(SUM(" + std::string(table.columns[i]) + "), 0) AS SIGNED)";
  }
  sql += " FROM " + std::string(table.name) + " WHERE bucket_start >= ?";
  SqlRow parameters = {q.from_s};
  const auto narrow = [&](const char* condition, const SqlValue& value) {
    sql.append(" AND ").append(condition);
    parameters.push_back(value);
  };
  if (q.to_s != 0) narrow("bucket_start < ?", q.to_s);
  if (!q.user_id.empty()) narrow("user_id = ?", q.user_id);
  if (!q.client.empty()) narrow("client = ?", q.client);
  if (!q.model.empty()) narrow("model = ?", q.model);
  if (!grouping.groups.empty()) sql += " GROUP BY " + grouping.groups + " ORDER BY " + grouping.groups;
  const Result<std::vector<SqlRow>> rows = query(sql, parameters);
  if (!rows) return rows.error();
  std::vector<UsageRollup> rollups;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    UsageKey key;
    key.bucket_start_s = read.number();
    for (std::string* text : {&key.user_id, &key.client, &key.provider, &key.model}) *text = read.text();
    if (read.number() == 0) continue;  // the sum of nothing
    UsageNumbers numbers;
    for (std::int64_t& number : numbers) number = read.number();
    rollups.push_back(rollup_of(key, numbers));
  }
  return rollups;
}

}  // namespace moongate
