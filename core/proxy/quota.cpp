// Limits and balances: what the request is expected to use is reserved before anybody is asked, and corrected at its end.
#include "proxy/quota.h"

#include <algorithm>
#include <charconv>

#include "limits/limit_answer.h"
#include "meter/usage_cost.h"
#include "protocol/usage_of_request.h"
#include "proxy/pipeline.h"

namespace moongate {
namespace {

constexpr std::uint64_t kReadForMaximum = 1 << 20;  // of a body, to learn the output that it asks for
constexpr std::int64_t kBytesPerToken = 4;          // of JSON, about; the truth comes with the answer

bool uses_tokens(Operation operation) {
  return operation == Operation::kGenerate || operation == Operation::kStreamGenerate || operation == Operation::kEmbed ||
         operation == Operation::kPredict;
}

bool counts_tokens(const LimitSet& limits) {
  return limits.tokens_per_minute > 0 || limits.input_tokens_per_minute > 0 || limits.output_tokens_per_minute > 0 ||
         limits.tokens_per_day > 0 || limits.cost_per_day > 0 || limits.cost_per_month > 0;
}

// The number behind "maxOutputTokens": in a JSON object; 0: there is none. Only an expectation depends on it.
std::int64_t find_maximum(std::string_view json, std::string_view name) {
  const std::size_t at = json.find(name);
  if (at == json.npos) return 0;
  std::size_t begin = json.find(':', at + name.size());
  if (begin == json.npos) return 0;
  begin = json.find_first_not_of(" \t\r\n", begin + 1);
  std::int64_t value = 0;
  if (begin != json.npos) std::from_chars(json.data() + begin, json.data() + json.size(), value);
  return std::max<std::int64_t>(value, 0);
}

LimitLevel level_of(std::string_view name) {
  return name == "key" ? LimitLevel::kKey : name == "user" ? LimitLevel::kUser : LimitLevel::kClient;
}

}  // namespace

Task<void> Pipeline::learn_video() {
  if (target.operation != Operation::kLongRunning) co_return;
  if (Status read = co_await body_.read_field("parameters"); !read) co_return;  // whoever needs the body meets the failure
  video_ms_ = requested_video_ms(body_.field("parameters").value_or("{}"));
}

// How much output the request asks for at most.
Task<std::int64_t> Pipeline::expected_output() {
  const std::int64_t usual = worker_.billing.output_tokens;
  if (target.operation == Operation::kEmbed) co_return 0;
  const bool short_enough = body_.complete() || (request->framing == Framing::kLength && request->content_length <= kReadForMaximum);
  if (!short_enough) co_return usual;
  if (Status read = co_await body_.read_all(); !read) co_return usual;  // whoever needs the body meets the failure
  std::int64_t maximum = 0;
  for (const std::string_view name : {"max_tokens", "max_completion_tokens", "max_output_tokens"}) {
    if (const auto field = body_.field(name); maximum == 0 && field) maximum = find_maximum(":" + *field, "");
  }
  if (const auto field = body_.field("generationConfig"); maximum == 0 && field) {
    maximum = find_maximum(*field, "\"maxOutputTokens\"");
    if (maximum == 0) maximum = find_maximum(*field, "\"max_output_tokens\"");
  }
  co_return maximum > 0 ? maximum : usual;
}

Task<UsedAmounts> Pipeline::expected_use(bool tokens_count) {
  UsedAmounts expected;
  if (!tokens_count || !uses_tokens(target.operation)) co_return expected;
  expected.output_tokens = co_await expected_output();
  const std::uint64_t bytes = request->framing == Framing::kLength ? request->content_length : body_.received();
  expected.input_tokens = static_cast<std::int64_t>(bytes) / kBytesPerToken + 1;
  const Route& first = routes.front();
  const PriceRow* row = price_of(first);
  if (row == nullptr) co_return expected;
  CostCounts counts;
  counts.input = expected.input_tokens;
  counts.output = expected.output_tokens;
  const UsageCost cost = cost_of(counts, row, {}, markup_ppm());
  expected.cost = cost.billed_nano;
  co_return expected;
}

const PriceRow* Pipeline::price_of(const Route& each) const {
  std::string_view name = each.model.empty() ? std::string_view(model) : each.model;
  if (each.model.empty() && each.account) {
    const ModelRule* rule = each.account->rule_for(model);
    if (rule != nullptr && !rule->upstream_model.empty()) name = rule->upstream_model;
  }
  return worker_.billing.prices->find(to_string(each.provider), name, worker_.gateway.clock.unix_ns() / 1'000'000);
}

std::int64_t Pipeline::markup_ppm() const {
  return identity && identity->markup_ppm >= 0 ? identity->markup_ppm : worker_.billing.markup_ppm;
}

// False: the caller has been told no.
Task<bool> Pipeline::reserve_quota() {
  Billing& billing = worker_.billing;
  if (billing.spool != nullptr && billing.refuse_unrecorded && !billing.spool->accepting()) {
    co_await reply_error(503, "The gateway cannot record what is used at the moment, and serves nothing until it can.", {}, 5);
    co_return false;
  }
  if (billing.refuse_unpriced && uses_tokens(target.operation)) {
    std::erase_if(routes, [this](const Route& each) { return price_of(each) == nullptr; });
    if (routes.empty()) {
      co_await reply_error(403, "There is no price for the model " + model + ", and this gateway serves only what it can bill; ask its operator for one.");
      co_return false;
    }
  }
  if (!identity || worker_.limiter == nullptr) co_return true;
  const bool prepaid = billing.balances != nullptr && !identity->user_id.empty();
  if (!prepaid && !identity->has_limits() &&
      std::none_of(routes.begin(), routes.end(), [](const Route& each) { return each.account && each.account->limits.any(); })) {
    co_return true;
  }
  co_return co_await reserve_levels(prepaid);
}

Task<bool> Pipeline::reserve_levels(bool prepaid) {
  const Billing& billing = worker_.billing;
  bool tokens_count = prepaid;
  for (const TermsLevel& each : identity->levels) tokens_count = tokens_count || counts_tokens(each.terms->limits);
  for (const Route& each : routes) tokens_count = tokens_count || (each.account && counts_tokens(each.account->limits));
  const UsedAmounts expected = co_await expected_use(tokens_count);
  Balances::Entry balance;
  if (prepaid) balance = billing.balances->find(identity->user_id);

  quota_ = std::make_unique<HeldQuota>();
  quota_->balance_low = prepaid && balance.credited - balance.charged < billing.warning;
  for (;;) {
    Demand demand;
    demand.expected = expected;
    for (const TermsLevel& each : identity->levels) {
      LevelDemand level;
      level.level = level_of(each.level);
      level.id = each.id;
      level.name = each.title;
      level.limits = each.terms->limits;
      level.shadow = each.terms->shadow;
      if (billing.use && level.level == LimitLevel::kClient) level.known = billing.use->of_client(identity->client);
      if (billing.use && level.level == LimitLevel::kUser) level.known = billing.use->of_user(identity->user_id);
      if (prepaid && level.level == LimitLevel::kUser) {
        level.prepaid = true;
        level.credited = balance.credited - billing.cutoff;
        level.known.charged = balance.charged;
      }
      demand.add(level);
    }
    const Account* account = routes.empty() ? nullptr : routes.front().account.get();  // none: a worker of this machine
    if (account != nullptr && account->limits.any()) {
      LevelDemand level;
      level.level = LimitLevel::kAccount;
      level.id = level.name = account->name;
      level.limits = account->limits;
      demand.add(level);
    }
    if (!worker_.limiter->try_reserve(demand, quota_->decision, quota_->reservation)) {
      quota_->decision = co_await worker_.limiter->reserve(demand, quota_->reservation);
    }
    if (quota_->decision.allowed) break;
    const bool of_account = quota_->decision.refused && quota_->decision.refused->level == LimitLevel::kAccount;
    if (!of_account || routes.size() == 1) break;
    // This account has no room: the next one, without all the others that are the same account.
    std::erase_if(routes, [&](const Route& each) { return each.account.get() == account; });
    if (routes.empty()) break;
  }
  if (const auto& would = quota_->decision.would_refuse) {
    worker_.gateway.logger.warn("a limit in shadow would have refused",
                                {{"request_id", id_}, {"client", identity->client}, {"level", to_string(would->level)},
                                 {"limit", to_string(would->kind)}});
  }
  if (quota_->decision.allowed) co_return true;
  co_await reply_refused_by_limit();
  co_return false;
}

Task<void> Pipeline::reply_refused_by_limit() {
  const RefusalText refusal = refusal_text(quota_->decision, target.dialect, id_, errors_in_array());
  ReplyHead head;
  head.head_only = method_ == "HEAD";
  head.extra = refusal.headers;
  if (outcome == Outcome::kPending) outcome = Outcome::kRejected;
  if (error_.empty()) error_ = refusal.message;
  co_await reply(refusal.status, refusal.body, std::move(head));
}

void Pipeline::release_quota(const UsageCost& cost) {
  if (!quota_ || !quota_->reservation.held()) return;
  const CostCounts counts = route == nullptr ? CostCounts() : counts_of(usage, to_string(route->provider));
  UsedAmounts used;
  if (cost.priced || cost.cost_nano == 0) used.cost = cost.billed_nano;
  if (!is_free_of_charge(to_string(target.operation), status)) {
    used.input_tokens = counts.input + counts.cache_write_5m + counts.cache_write_1h + counts.tool_prompt;
    used.output_tokens = counts.output + counts.thoughts;
  }
  quota_->reservation.settle(used);
}

// The upstream's word about its own limits, where the caller is told of ours.
void Pipeline::drop_quota_headers(ResponseHead& head) const {
  std::string name;
  for (HeaderField& field : head.fields) {
    name.assign(field.name);
    for (char& each : name) {
      if (each >= 'A' && each <= 'Z') each = static_cast<char>(each | 0x20);
    }
    if (is_quota_header(name)) field.removed = true;
  }
}

// What is left, on every answer.
void Pipeline::append_quota_headers(std::string& out) const {
  if (!quota_ || !quota_->decision.allowed) return;  // a refusal brings its own
  moongate::append_quota_headers(quota_->decision, target.dialect, out);
  if (quota_->balance_low) out += "x-moongate-balance: low\r\n";
}

}  // namespace moongate
