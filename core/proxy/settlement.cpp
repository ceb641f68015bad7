// The end of an exchange: what was used is priced and written down, once, whatever the ending.
#include "meter/ledger_entry.h"
#include "meter/usage_cost.h"
#include "proxy/pipeline.h"

namespace moongate {
namespace {

// Requests whose body a model worked on: where an answer breaks off, their input can be estimated.
bool is_worked_on(Operation operation) {
  return operation == Operation::kGenerate || operation == Operation::kStreamGenerate || operation == Operation::kEmbed;
}

}  // namespace

AccessRecord Pipeline::describe_exchange() const {
  AccessRecord record;
  record.unix_ns = worker_.gateway.clock.unix_ns();
  record.request_id = id;
  record.client_address = client_address;
  record.method = method_;
  record.path = path_;
  record.status = status;
  record.upstream_status = upstream_status_;
  record.outcome = outcome;
  record.attempts = attempts;
  record.stream = stream;
  record.model = model;
  record.upstream_model = upstream_model_;
  record.usage = usage;
  record.usage_estimated = usage_estimated_;
  record.ttfb_us = first_byte_ns == 0 ? -1 : (first_byte_ns - started_ns) / 1000;
  record.duration_us = (ended_ns - started_ns) / 1000;
  record.bytes_in = bytes_in;
  record.bytes_out = bytes_out;
  record.error = error_;
  record.dialect = to_string(target.dialect);
  record.operation = to_string(target.operation);
  if (identity) record.client = identity->client;
  if (route != nullptr) {
    record.provider = to_string(route->provider);
    if (route->account) record.account = route->account->name;
  }
  return record;
}

// Before the answer's last bytes go to the client: whoever has a whole answer finds it in the ledger, even if this
// process is killed the moment after.
void Pipeline::settle() {
  if (settled_) return;
  settled_ = true;
  ended_ns = worker_.reactor.clock().mono_ns();
  bytes_in = body_.received();
  PassedBytes passed;
  if (tap_) {
    usage = tap_->usage();
    if (status == 200) usage.video_ms = video_ms_;
    if (status == 200 && is_worked_on(target.operation)) passed.request = bytes_in;
    if (!tap_->readable()) passed.unreadable = bytes_out;
    const bool generated = is_worked_on(target.operation) && status < 400;
    usage_estimated_ = generated && estimate_missing(usage, passed);
  }
  Billing& billing = worker_.billing;
  const bool used_upstream = identity != nullptr && route != nullptr && attempts > 0;
  if (!used_upstream) return release_quota(free_of_charge());

  AccessRecord record = describe_exchange();
  if (record.outcome == Outcome::kPending) record.outcome = Outcome::kDone;
  const std::int64_t markup = markup_ppm();
  UsageCost cost;
  if (is_free_of_charge(record.operation, status)) {
    cost = free_of_charge();
  } else {
    const std::string_view priced_model = upstream_model_.empty() ? std::string_view(model) : upstream_model_;
    const PriceRow* row = billing.prices->find(record.provider, priced_model, record.unix_ns / 1'000'000);
    const CostContext context{location_, usage.service_tier.view(), usage.inference_geo.view(), usage.speed.view(), false};
    cost = cost_of(counts_of(usage, record.provider), row, context, markup);
    if (!cost.priced) billing.unpriced.store(billing.unpriced.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  release_quota(cost);
  priced_ = cost.priced;
  cost_nano_ = cost.cost_nano;
  billed_nano_ = cost.billed_nano;
  if (!identity->key_id.empty() && billing.keys != nullptr) {
    billing.keys->touch(identity->key_id, record.unix_ns / 1'000'000'000);
  }
  if (billing.writer == nullptr) return;
  const std::string raw_usage = tap_ ? tap_->raw_usage() : std::string();
  LedgerFacts facts;
  facts.gateway = billing.gateway;
  facts.key_id = identity->key_id;
  facts.user_id = identity->user_id;
  facts.location = location_;
  facts.raw_usage = raw_usage;
  facts.markup_ppm = markup;
  billing.scratch.clear();
  encode(make_ledger_record(record, facts, cost), billing.scratch);
  // No room: the writer counts it as lost. Whether a request may begin then is asked before (reserve_quota).
  static_cast<void>(billing.writer->append(billing.scratch));
}

}  // namespace moongate
