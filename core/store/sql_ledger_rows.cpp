#include "store/sql_ledger_rows.h"

#include "store/sql_rows.h"

namespace moongate {

const SqlTable& ledger_table() {
  static const SqlTable table{"usage_ledger",
                              {"ended_at_ms",
                               "request_id",
                               "gateway",
                               "client",
                               "key_id",
                               "user_id",
                               "provider",
                               "account",
                               "location",
                               "model",
                               "upstream_model",
                               "operation",
                               "outcome",
                               "status",
                               "stream",
                               "estimated",
                               "service_tier",
                               "inference_geo",
                               "speed",
                               "input_tokens",
                               "cache_write_5m_tokens",
                               "cache_write_1h_tokens",
                               "cache_read_tokens",
                               "output_tokens",
                               "thought_tokens",
                               "tool_prompt_tokens",
                               "audio_input_tokens",
                               "audio_output_tokens",
                               "web_searches",
                               "images",
                               "video_ms",
                               "raw_usage",
                               "priced",
                               "cost_nano",
                               "billed_nano",
                               "markup_ppm",
                               "price_id",
                               "duration_ms",
                               "first_byte_ms",
                               "bytes_in",
                               "bytes_out"},
                              2};
  return table;
}

const SqlTable& usage_table(UsageBucket bucket) {
  const auto table = [](std::string_view name) {
    return SqlTable{name,
                    {"bucket_start", "user_id", "client", "provider", "model", "requests", "failures",
                     "unpriced", "estimated", "input_tokens", "cache_write_tokens", "cache_read_tokens",
                     "output_tokens", "cost_nano", "billed_nano"},
                    5};
  };
  static const SqlTable hour = table("usage_hour");
  static const SqlTable day = table("usage_day");
  return bucket == UsageBucket::kHour ? hour : day;
}

SqlRow ledger_row(const LedgerRecord& r) {
  const auto flag = [](bool value) { return static_cast<std::int64_t>(value); };
  return {r.ended_at_ms,
          r.request_id,
          r.gateway,
          r.client,
          r.key_id,
          r.user_id,
          r.provider,
          r.account,
          r.location,
          r.model,
          r.upstream_model,
          r.operation,
          r.outcome,
          static_cast<std::int64_t>(r.status),
          flag(r.stream),
          flag(r.estimated),
          r.service_tier,
          r.inference_geo,
          r.speed,
          r.input_tokens,
          r.cache_write_5m_tokens,
          r.cache_write_1h_tokens,
          r.cache_read_tokens,
          r.output_tokens,
          r.thought_tokens,
          r.tool_prompt_tokens,
          r.audio_input_tokens,
          r.audio_output_tokens,
          r.web_searches,
          r.images,
          r.video_ms,
          r.raw_usage,
          flag(r.priced),
          r.cost_nano,
          r.billed_nano,
          r.markup_ppm,
          r.price_id,
          r.duration_ms,
          r.first_byte_ms,
          r.bytes_in,
          r.bytes_out};
}

LedgerRecord ledger_record(const SqlRow& row) {
  RowReader read(row);
  LedgerRecord r;
  r.ended_at_ms = read.number();
  for (std::string* text : {&r.request_id, &r.gateway, &r.client, &r.key_id, &r.user_id, &r.provider,
                            &r.account, &r.location, &r.model, &r.upstream_model, &r.operation, &r.outcome}) {
    *text = read.text();
  }
  r.status = read.small();
  r.stream = read.flag();
  r.estimated = read.flag();
  for (std::string* text : {&r.service_tier, &r.inference_geo, &r.speed}) *text = read.text();
  for (std::int64_t* number :
       {&r.input_tokens, &r.cache_write_5m_tokens, &r.cache_write_1h_tokens, &r.cache_read_tokens,
        &r.output_tokens, &r.thought_tokens, &r.tool_prompt_tokens, &r.audio_input_tokens,
        &r.audio_output_tokens, &r.web_searches, &r.images, &r.video_ms}) {
    *number = read.number();
  }
  r.raw_usage = read.text();
  r.priced = read.flag();
  r.cost_nano = read.number();
  r.billed_nano = read.number();
  r.markup_ppm = read.number();
  r.price_id = read.text();
  for (std::int64_t* number : {&r.duration_ms, &r.first_byte_ms, &r.bytes_in, &r.bytes_out})
    *number = read.number();
  return r;
}

const std::string& select_ledger() {
  static const std::string sql = "SELECT " + column_list(ledger_table()) + " FROM usage_ledger";
  return sql;
}

Status add_sums(SqlConnection& connection, UsageBucket bucket, const UsageSums& sums) {
  std::vector<SqlRow> rows;
  for (const auto& [key, numbers] : sums) {
    SqlRow& row =
        rows.emplace_back(SqlRow{key.bucket_start_s, key.user_id, key.client, key.provider, key.model});
    row.insert(row.end(), numbers.begin(), numbers.end());
  }
  return add_rows(connection, usage_table(bucket), std::move(rows));
}

Result<bool> post_movements(SqlConnection& connection, const std::vector<MovementRecord>& movements) {
  static const SqlTable kMovements{
      "balance_movements", {"id", "user_id", "kind", "amount_nano", "created_at", "actor", "note"}, 1};
  static const SqlTable kPostings{"balance_postings", {"movement_id", "account", "amount_nano"}, 2};
  static const SqlTable kBalances{
      "balances", {"user_id", "balance_nano", "credited_nano", "charged_nano"}, 1};
  std::vector<SqlRow> rows, postings, balances;
  for (const MovementRecord& m : movements) {
    rows.push_back({m.id, m.user_id, m.kind, m.amount_nano, m.created_at_s, m.actor, m.note});
    postings.push_back({m.id, user_account(m.user_id), m.amount_nano});
    postings.push_back({m.id, std::string(house_account(m.kind)), -m.amount_nano});
    const std::int64_t credited = m.amount_nano > 0 ? m.amount_nano : 0;
    balances.push_back({m.user_id, m.amount_nano, credited, credited - m.amount_nano});
  }
  Result<bool> fresh = insert_rows(connection, kMovements, std::move(rows));
  if (!fresh || !*fresh) return fresh;
  fresh = insert_rows(connection, kPostings, std::move(postings));
  if (!fresh || !*fresh) return fresh;
  if (Status done = add_rows(connection, kBalances, std::move(balances)); !done) return done.error();
  return true;
}

}  // namespace moongate
