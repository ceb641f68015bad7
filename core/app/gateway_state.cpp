#include "app/gateway_state.h"

#include <algorithm>
#include <filesystem>

#include "config/stored_account.h"
#include "control/price_table.h"
#include "people/smtp_mailer.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kShipAtEnd{3000};
constexpr std::int64_t kTouchMs = 30'000;

}  // namespace

GatewayState::GatewayState(Parts parts, Changes changes)
    : parts_(std::move(parts)),
      changes_(std::move(changes)),
      credential_box_(SealedBox::derive(parts_.master_key.reveal(), kUpstreamCredentialPurpose)) {}

Result<std::unique_ptr<GatewayState>> GatewayState::open(Parts parts, Changes changes) {
  std::unique_ptr<GatewayState> state(new GatewayState(std::move(parts), std::move(changes)));
  const Settings& settings = state->parts_.settings;
  state->warning_ = parse_dollars(settings.billing.warning).value_or(0);
  state->cutoff_ = parse_dollars(settings.billing.cutoff).value_or(0);
  KeyDirectory::Options keys;
  keys.ttl_s = settings.keys.cache_s;
  keys.negative_ttl_s = settings.keys.negative_s;
  state->keys_ = std::make_unique<KeyDirectory>(keys, state->parts_.clock);
  if (Status opened = state->open_prices(); !opened) return opened.error();
  if (Status opened = state->open_spool(); !opened) return opened.error();
  constexpr std::size_t kQueued = 10'000;
  state->pool_ = std::make_unique<StorePool>(state->parts_.store, settings.store.connections, kQueued);

  GatewayState& self = *state;
  StateKeeper::Publish publish;
  publish.clients = [&self](std::shared_ptr<const StoredClients> clients) {
    self.keys_->heard_of(clients->generation());
    if (!self.started_) {
      self.clients_ = std::move(clients);
    } else {
      self.prices_changed_ = true;  // perhaps: a look is cheap
      self.changes_.clients(std::move(clients));
      self.changes_.identities();
    }
  };
  publish.accounts = [&self](std::vector<UpstreamAccountRecord> accounts) {
    {
      const std::lock_guard lock(self.mutex_);
      if (self.account_records_ == accounts) return;
      self.account_records_ = std::move(accounts);
    }
    if (self.started_) self.changes_.accounts();
  };
  publish.balances = [&self](std::shared_ptr<const Balances> balances) {
    {
      const std::lock_guard lock(self.mutex_);
      self.balances_ = balances;
    }
    if (self.started_) self.changes_.balances(std::move(balances));
  };
  publish.use = [&self](std::shared_ptr<const UseSums> use) {
    {
      const std::lock_guard lock(self.mutex_);
      self.use_ = use;
    }
    if (self.started_) self.changes_.use(std::move(use));
  };
  StateKeeper::Options keeper;
  keeper.poll_ms = settings.keys.poll_ms;
  keeper.balances = settings.billing.balances;
  keeper.keep_days = settings.ledger.keep_days;
  state->keeper_ = std::make_unique<StateKeeper>(state->parts_.store, state->parts_.clock, state->parts_.log, keeper,
                                                 std::move(publish));
  if (Status read = state->keeper_->read(); !read) return read.error().wrap("the store cannot be read");
  if (Status opened = state->open_admin(); !opened) return opened.error();
  return state;
}

GatewayState::~GatewayState() {
  admin_.reset();
  people_.reset();
  counters_.reset();
  news_.reset();
  keeper_.reset();
  if (spool_) spool_->seal();
  if (shipper_ && started_ && !shipper_->flush(kShipAtEnd)) {
    parts_.log.warn("some of the ledger has not reached the store; it waits on the disk for the next start",
                    {{"dir", spool_->dir().string()}});
  }
  shipper_.reset();
  const auto used = keys_->take_used();
  if (!used.empty()) static_cast<void>(parts_.store.touch_keys(used));
  pool_.reset();
}

Status GatewayState::start() {
  started_ = true;
  GatewayState& self = *this;
  auto news = News::start(parts_.caches, parts_.clock,
                          {[&self](std::int64_t generation) {
                             self.keys_->heard_of(generation);
                             self.keeper_->nudge();
                           },
                           [&self] { self.keeper_->nudge(); }});
  if (!news) return news.error();
  news_ = std::move(*news);
  keeper_->start();
  shipper_->start();
  return {};
}

Status GatewayState::open_prices() {
  price_watch_.add_file(parts_.settings.billing.prices);
  price_watch_.changed();  // the first look only notes what is there
  auto prices = read_prices();
  if (!prices) return prices.error();
  prices_ = std::move(*prices);
  return {};
}

Result<std::shared_ptr<const PriceBook>> GatewayState::read_prices() {
  auto table = read_price_table(parts_.settings, parts_.store);
  if (!table) return table.error();
  stored_prices_ = std::move(table->stored);
  return std::move(table->book);
}

void GatewayState::reload_prices(bool force) {
  const bool perhaps = prices_changed_.exchange(false);
  if (!price_watch_.changed() && !force) {
    if (!perhaps) return;
    const auto records = parts_.store.list_prices();
    if (!records || *records == stored_prices_) return;
  }
  auto prices = read_prices();
  if (!prices) {
    parts_.log.error("the price table was not taken over; the old one keeps serving", {{"reason", prices.error().describe()}});
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    prices_ = *prices;
  }
  parts_.log.info("price table loaded", {{"rows", (*prices)->rows().size()}});
  changes_.prices(std::move(*prices));
}

Status GatewayState::open_spool() {
  SpoolOptions options;
  options.dir = parts_.settings.ledger.dir.empty() ? fs::path(parts_.settings.data_dir) / "spool"
                                                   : fs::path(parts_.settings.ledger.dir);
  options.writers = parts_.workers;
  options.sync_ms = parts_.settings.ledger.sync_ms;
  options.max_bytes = static_cast<std::uint64_t>(parts_.settings.ledger.spool_mb) << 20;
  auto spool = Spool::open(std::move(options), parts_.clock, parts_.log);
  if (!spool) return spool.error();
  spool_ = std::move(*spool);
  LedgerShipperOptions shipping;
  shipping.on_shipped = [this](const std::vector<LedgerRecord>& records) { shipped(records); };
  shipper_ = std::make_unique<LedgerShipper>(*spool_, parts_.store, parts_.clock, parts_.log, std::move(shipping));
  return {};
}

void GatewayState::fill(Billing& billing, int worker) {
  billing.prices = prices_;
  if (parts_.settings.billing.balances) billing.balances = balances_ ? balances_ : std::make_shared<const Balances>();
  billing.use = use_;
  billing.spool = spool_.get();
  billing.writer = &spool_->writer(worker);
  billing.keys = keys_.get();
  billing.markup_ppm = parse_dollars(parts_.settings.billing.markup).value_or(kNanosPerDollar) / 1000;
  billing.refuse_unpriced = parts_.settings.billing.unpriced == "refuse";
  billing.refuse_unrecorded = parts_.settings.ledger.when_full == "refuse";
  billing.warning = warning_;
  billing.cutoff = cutoff_;
  billing.output_tokens = parts_.settings.billing.output_tokens;
}

KeyLookup::AskStore GatewayState::ask_store() {
  return [pool = pool_.get()](std::function<void(Store&)> work) { return pool->post(std::move(work)); };
}

std::vector<std::shared_ptr<const Account>> GatewayState::accounts() const {
  std::vector<UpstreamAccountRecord> records;
  {
    const std::lock_guard lock(mutex_);
    records = account_records_;
  }
  std::vector<std::shared_ptr<const Account>> accounts;
  for (const UpstreamAccountRecord& record : records) {
    if (!record.enabled) continue;
    const auto credential = open_upstream_credential(credential_box_, record.name, record.sealed_credential);
    if (!credential) {
      parts_.log.error("an account of the store cannot be used: its credential was sealed with another master key",
                       {{"account", record.name}});
      continue;
    }
    auto read = read_stored_account(record.name, credential->reveal(), record.models, parts_.settings, parts_.map_hooks);
    if (!read) {
      parts_.log.error("an account of the store cannot be used", {{"account", record.name}, {"reason", read.error().describe()}});
      continue;
    }
    for (const auto& each : *read) {
      auto account = std::make_shared<Account>(*each);
      account->weight = record.weight;
      accounts.push_back(std::move(account));
    }
  }
  return accounts;
}

void GatewayState::directory_changed() {
  const auto generation = parts_.store.directory_generation();
  if (!generation) return;  // the keeper finds out by itself
  keys_->heard_of(*generation);
  keeper_->nudge();
  if (news_) news_->tell_directory_changed(*generation);
}

Status GatewayState::open_mailer() {
  const Settings& settings = parts_.settings;
  if (settings.mail.server.empty()) {
    const fs::path outbox = settings.mail.outbox.empty() ? fs::path(settings.data_dir) / "outbox" : fs::path(settings.mail.outbox);
    mailer_ = std::make_unique<FileOutbox>(outbox, settings.mail.from, parts_.clock, parts_.random);
    return {};
  }
  auto server = parse_mail_server(settings.mail.server);
  if (!server) return server.error();
  auto mailer = SmtpMailer::create(std::move(*server), settings.mail.from, settings.mail.ca_file, parts_.clock, parts_.random);
  if (!mailer) return mailer.error();
  mailer_ = std::move(*mailer);
  return {};
}

Status GatewayState::open_admin() {
  AdminOptions options{parts_.settings, parts_.map_hooks, credential_box_};
  AdminHooks hooks;
  hooks.directory_changed = [this] { directory_changed(); };
  hooks.balance_changed = [this](const std::string&) { keeper_->nudge(); };
  hooks.prices_changed = [this] { prices_changed_ = true; };
  hooks.prices = price_hooks([this] {
    const std::lock_guard lock(mutex_);
    return prices_;
  });
  hooks.status = changes_.status;
  if (changes_.configuration) changes_.configuration(hooks.configuration);
  auto counters = SharedCounters::start(parts_.caches, parts_.clock);
  if (!counters) return counters.error();
  counters_ = std::move(*counters);
  if (Status opened = open_mailer(); !opened) return opened;
  PeopleHooks people;
  if (changes_.people) changes_.people(people);
  if (counters_->has_limits()) {
    people.used = [this](LimitLevel level, std::string_view id) { return counters_->limit_use(level, id); };
  }
  people_ = std::make_unique<PeopleService>(
      PeopleService::Parts{parts_.store, parts_.clock, parts_.random, parts_.log, parts_.master_key, *counters_, *mailer_}, options,
      hooks, std::move(people));
  hooks.admit = [this](const HttpRequest& request) { return people_->admit(request); };
  admin_ = std::make_unique<AdminService>(parts_.store, parts_.clock, parts_.random, parts_.log, std::move(options),
                                          std::move(hooks));
  return {};
}

void GatewayState::notify(std::string kind, std::string subject, std::string text) {
  pool_->post([this, kind = std::move(kind), subject = std::move(subject), text = std::move(text)](Store& store) {
    NotificationRecord record;
    record.created_at_s = parts_.clock.unix_seconds();
    // At most one an hour about the same.
    record.id = kind + ":" + subject + ":" + std::to_string(record.created_at_s / 3600);
    record.kind = kind;
    record.text = text;
    if (auto told = store.insert_notification(record); !told) {
      parts_.log.error("operators could not be notified", {{"text", text}, {"reason", told.error().describe()}});
    }
  });
}

// On the shipper's thread, after each batch.
void GatewayState::shipped(const std::vector<LedgerRecord>& records) {
  const std::int64_t now_ms = parts_.clock.mono_ms();
  if (now_ms - touched_ms_ > kTouchMs) {
    touched_ms_ = now_ms;
    const auto used = keys_->take_used();
    if (!used.empty()) static_cast<void>(parts_.store.touch_keys(used));
  }
  if (!parts_.settings.billing.balances) return;
  std::vector<std::string> users;
  for (const LedgerRecord& record : records) {
    if (!record.user_id.empty() && record.billed_nano != 0) users.push_back(record.user_id);
  }
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  for (const std::string& user : users) warn_of_balance(user);
}

void GatewayState::warn_of_balance(const std::string& user_id) {
  const auto left = parts_.store.balance(user_id);
  if (!left || *left >= warning_) return;
  NanoDollars credited = 0;
  {
    const std::lock_guard lock(mutex_);
    if (balances_) credited = balances_->find(user_id).credited;
  }
  const bool empty = *left <= cutoff_;
  NotificationRecord record;
  record.kind = empty ? "balance-empty" : "balance-low";
  // Once for each sum that was paid in: after the next top-up it may be told again.
  record.id = record.kind + ":" + user_id + ":" + std::to_string(credited);
  record.user_id = user_id;
  record.text = empty ? "The balance is used up; requests are refused until it is topped up."
                      : "The balance is down to $" + format_dollars(*left) + ".";
  record.created_at_s = parts_.clock.unix_seconds();
  if (auto told = parts_.store.insert_notification(record); !told) {
    parts_.log.error("a user could not be warned of a low balance", {{"user", user_id}, {"reason", told.error().describe()}});
  }
}

std::vector<Sample> GatewayState::samples() const {
  const SpoolFigures spool = spool_->figures();
  const LedgerShipperFigures ledger = shipper_->figures();
  const auto number = [](auto n) { return static_cast<double>(n); };
  return {
      {"moongate_ledger_records_total{state=\"written\"}", "Finished requests, by how far they have come.", "counter",
       number(spool.appended)},
      {"moongate_ledger_records_total{state=\"stored\"}", "", "counter", number(ledger.shipped)},
      {"moongate_ledger_records_total{state=\"known\"}", "", "counter", number(ledger.known)},
      {"moongate_ledger_records_total{state=\"rejected\"}", "", "counter", number(ledger.rejected)},
      {"moongate_ledger_records_total{state=\"lost\"}", "", "counter", number(spool.lost + spool.oversized)},
      {"moongate_ledger_oldest_seconds", "How long the oldest finished request waits for the store.", "gauge",
       number(ledger.oldest_unshipped_ms) / 1000},
      {"moongate_ledger_bytes", "The spool's files.", "gauge", number(spool.bytes_on_disk)},
      {"moongate_ledger_writable", "1 when finished requests can be written down.", "gauge", number(spool_->accepting() ? 1 : 0)},
      {"moongate_ledger_sync_failures_total", "Times that the disk refused to sync.", "counter", number(spool.sync_failures)},
      {"moongate_store_answers", "1 when the store answers.", "gauge",
       number(keeper_->store_answers() && !ledger.store_away ? 1 : 0)},
      {"moongate_store_failures_total", "Batches of the ledger that the store did not take.", "counter", number(ledger.failures)},
  };
}

std::string GatewayState::detail() const {
  const LedgerShipperFigures ledger = shipper_->figures();
  return "\"store\":\"" + std::string(keeper_->store_answers() && !ledger.store_away ? "ok" : "away") + "\",\"ledger\":{\"state\":\"" +
         std::string(to_string(spool_->state())) + "\",\"oldest_waiting_ms\":" + std::to_string(ledger.oldest_unshipped_ms) +
         ",\"rejected\":" + std::to_string(ledger.rejected) + "}";
}

}  // namespace moongate
