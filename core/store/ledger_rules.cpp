#include "store/ledger_rules.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace moongate {
namespace {

// The widths of usage_ledger's columns, in characters.
constexpr std::size_t kIdWidth = 128;
constexpr std::size_t kNameWidth = 191;
constexpr std::size_t kWordWidth = 32;
constexpr std::size_t kRawBytes = 4096;
// What a provider reports is not trusted to stay within what can be summed: 10^12 of anything, a million
// dollars.
constexpr std::int64_t kMostCounted = 1'000'000'000'000;
constexpr std::int64_t kMostCost = 1'000'000'000'000'000;

// At most `width` characters of valid UTF-8; bytes that are none become '?'.
void fit(std::string& text, std::size_t width) {
  if (text.size() <= width && is_valid_utf8(text)) return;
  std::string kept;
  std::string_view rest = text;
  for (std::size_t n = 0; n < width && !rest.empty(); ++n) {
    const std::size_t length = utf8_length(rest);
    if (length == 0) {
      kept += '?';
    } else {
      kept += rest.substr(0, length);
    }
    rest.remove_prefix(std::max<std::size_t>(length, 1));
  }
  text = std::move(kept);
}

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

bool wanted(const UsageKey& key, const UsageQuery& query) {
  return key.bucket_start_s >= query.from_s && (query.to_s == 0 || key.bucket_start_s < query.to_s) &&
         (query.user_id.empty() || key.user_id == query.user_id) &&
         (query.client.empty() || key.client == query.client) &&
         (query.model.empty() || key.model == query.model);
}

}  // namespace

std::string ledger_id(std::string_view request_id) {
  if (request_id.size() <= kIdWidth && is_valid_utf8(request_id)) return std::string(request_id);
  return "sha256-" + sha256_hex(request_id);
}

LedgerRecord fitted(LedgerRecord record) {
  record.request_id = ledger_id(record.request_id);
  for (std::string* name : {&record.gateway, &record.client, &record.key_id, &record.user_id, &record.account,
                            &record.model, &record.upstream_model, &record.price_id}) {
    fit(*name, kNameWidth);
  }
  for (std::string* word : {&record.provider, &record.location, &record.operation, &record.outcome,
                            &record.service_tier, &record.inference_geo, &record.speed}) {
    fit(*word, kWordWidth);
  }
  fit(record.raw_usage, kRawBytes);
  for (std::int64_t* count :
       {&record.input_tokens, &record.cache_write_5m_tokens, &record.cache_write_1h_tokens,
        &record.cache_read_tokens, &record.output_tokens, &record.thought_tokens, &record.tool_prompt_tokens,
        &record.audio_input_tokens, &record.audio_output_tokens, &record.web_searches, &record.images,
        &record.video_ms}) {
    *count = std::clamp<std::int64_t>(*count, 0, kMostCounted);
  }
  for (std::int64_t* nano : {&record.cost_nano, &record.billed_nano})
    *nano = std::clamp(*nano, -kMostCost, kMostCost);
  return record;
}

UsageNumbers usage_numbers(const LedgerRecord& record) {
  return {1,
          record.outcome != "done" || record.status >= 400,
          !record.priced,
          record.estimated,
          record.input_tokens + record.tool_prompt_tokens,
          record.cache_write_5m_tokens + record.cache_write_1h_tokens,
          record.cache_read_tokens,
          record.output_tokens + record.thought_tokens,
          record.cost_nano,
          record.billed_nano};
}

UsageRollup rollup_of(const UsageKey& key, const UsageNumbers& numbers) {
  UsageRollup rollup;
  rollup.bucket_start_s = key.bucket_start_s;
  rollup.user_id = key.user_id;
  rollup.client = key.client;
  rollup.provider = key.provider;
  rollup.model = key.model;
  std::size_t next = 0;
  for (std::int64_t* field : {&rollup.requests, &rollup.failures, &rollup.unpriced, &rollup.estimated,
                              &rollup.input_tokens, &rollup.cache_write_tokens, &rollup.cache_read_tokens,
                              &rollup.output_tokens, &rollup.cost_nano, &rollup.billed_nano}) {
    *field = numbers[next++];
  }
  return rollup;
}

std::int64_t bucket_start(UsageBucket bucket, std::int64_t ended_at_ms) {
  const std::int64_t step_s = bucket == UsageBucket::kHour ? 3600 : 86400;
  return floor_to(floor_to(ended_at_ms, 1000) / 1000, step_s);
}

void add_usage(UsageSums& sums, UsageBucket bucket, const LedgerRecord& record, int sign) {
  UsageNumbers& numbers = sums[{bucket_start(bucket, record.ended_at_ms), record.user_id, record.client,
                                record.provider, record.model}];
  const UsageNumbers more = usage_numbers(record);
  for (std::size_t i = 0; i < kUsageNumbers; ++i) numbers[i] += sign * more[i];
}

std::vector<UsageRollup> summed(const UsageSums& rows, const UsageQuery& query) {
  UsageSums sums;
  for (const auto& [key, numbers] : rows) {
    if (!wanted(key, query)) continue;
    UsageKey group;
    if (query.by_bucket) group.bucket_start_s = key.bucket_start_s;
    if (query.by_user) group.user_id = key.user_id;
    if (query.by_client) group.client = key.client;
    if (query.by_provider) group.provider = key.provider;
    if (query.by_model) group.model = key.model;
    UsageNumbers& into = sums[group];
    for (std::size_t i = 0; i < kUsageNumbers; ++i) into[i] += numbers[i];
  }
  std::vector<UsageRollup> rollups;
  for (const auto& [key, numbers] : sums) rollups.push_back(rollup_of(key, numbers));
  return rollups;
}

std::vector<MovementRecord> charges_of(const std::vector<LedgerRecord>& rows) {
  struct Bill {
    std::int64_t nano = 0;
    std::int64_t last_ms = 0;
    std::set<std::string_view> ids;
  };
  std::map<std::string_view, Bill> bills;
  for (const LedgerRecord& row : rows) {
    if (row.user_id.empty() || row.billed_nano == 0) continue;
    Bill& bill = bills[row.user_id];
    bill.nano += row.billed_nano;
    bill.last_ms = std::max(bill.last_ms, row.ended_at_ms);
    bill.ids.insert(row.request_id);
  }
  std::vector<MovementRecord> movements;
  for (const auto& [user, bill] : bills) {
    if (bill.nano == 0) continue;
    std::string ids;
    for (const std::string_view id : bill.ids) ids.append(id).append("\n");
    MovementRecord& movement = movements.emplace_back();
    movement.id = "batch-" + sha256_hex(ids);
    movement.user_id = user;
    movement.kind = "charge";
    movement.amount_nano = -bill.nano;
    movement.created_at_s = bill.last_ms / 1000;
    movement.actor = "gateway";
    movement.note = std::to_string(bill.ids.size()) + (bill.ids.size() == 1 ? " request" : " requests");
  }
  return movements;
}

std::vector<MovementRecord> reprices_of(const std::map<std::string, std::int64_t>& change_nano,
                                        std::int64_t at_s) {
  std::vector<MovementRecord> movements;
  for (const auto& [user, change] : change_nano) {
    if (user.empty() || change == 0) continue;
    MovementRecord& movement = movements.emplace_back();
    // Random: the same rows may be priced back and forth, and each time is a movement of its own.
    movement.id = "reprice-" + random_token(22);
    movement.user_id = user;
    movement.kind = "reprice";
    movement.amount_nano = -change;
    movement.created_at_s = at_s;
    movement.actor = "gateway";
  }
  return movements;
}

LedgerRecord repriced(const LedgerRecord& row, const std::function<void(LedgerRecord&)>& price) {
  LedgerRecord proposed = row;
  price(proposed);
  LedgerRecord after = row;
  after.priced = proposed.priced;
  after.cost_nano = proposed.cost_nano;
  after.billed_nano = proposed.billed_nano;
  after.markup_ppm = proposed.markup_ppm;
  after.price_id = proposed.price_id;
  after.cost_nano = std::clamp(after.cost_nano, -kMostCost, kMostCost);
  after.billed_nano = std::clamp(after.billed_nano, -kMostCost, kMostCost);
  fit(after.price_id, kNameWidth);
  return after;
}

Status check_movement(const MovementRecord& record) {
  if (record.id.empty() || record.user_id.empty() || record.kind.empty()) {
    return Error(ErrorKind::kInvalid, "a movement needs an id, a user and a kind");
  }
  if (record.amount_nano == 0) {
    return Error(ErrorKind::kInvalid, "an amount of zero moves nothing; give an amount above or below zero");
  }
  if (record.amount_nano > kMovementLimit || record.amount_nano < -kMovementLimit) {
    return Error(ErrorKind::kInvalid,
                 "the amount is beyond 100 million dollars, the most that one movement takes");
  }
  return {};
}

std::string_view house_account(std::string_view kind) {
  if (kind == "charge" || kind == "reprice") return "house:usage";
  return kind == "top-up" ? "house:payments" : "house:corrections";
}

std::string user_account(std::string_view user_id) { return "user:" + std::string(user_id); }

int bounded_limit(int limit) { return std::clamp(limit, 1, kListLimit); }

}  // namespace moongate
