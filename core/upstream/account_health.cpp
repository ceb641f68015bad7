#include "upstream/account_health.h"

#include <algorithm>
#include <charconv>

namespace moongate {
namespace {

constexpr std::size_t kMostEntries = 4096;
constexpr std::size_t kMostModels = 256;      // of one account
constexpr std::size_t kMostCircuits = 64;
constexpr std::size_t kModelBytes = 128;
constexpr std::int64_t kShortestCoolMs = 250;
constexpr std::int64_t kFirstCoolMs = 1'000;  // 429 that says no time: 1, 2, 4 … 60 s
constexpr std::int64_t kLongestCoolMs = 60'000;
constexpr std::int64_t kLongestToldMs = 600'000;
constexpr std::int64_t kFirstExhaustedMs = 500;
constexpr std::int64_t kLongestExhaustedMs = 30'000;
constexpr std::int64_t kSpendLimitMs = 600'000;
constexpr std::int64_t kFirstRefusedMs = 60'000;  // 401 and 403: 1, 2, 4 … 10 minutes
constexpr std::int64_t kLongestRefusedMs = 600'000;
constexpr std::int64_t kForgetMs = 120'000;       // strikes count for so long after the last trouble's end
constexpr std::int64_t kProbeMs = 30'000;

std::int64_t growing(std::int64_t first, std::int64_t longest, int strikes) {
  return std::min(longest, first << std::min(strikes, 16));
}

struct Sentence {
  bool whole_account;
  Fitness fitness;
  std::int64_t ms;
};

// What a fault means for the account; ms == 0: nothing.
Sentence sentence_for(const UpstreamError& error, int strikes) {
  const std::int64_t told = error.retry_after_ms;
  switch (error.fault) {
    case UpstreamFault::kRateLimited:
      return {false, Fitness::kCooling,
              told >= 0 ? std::clamp(told, kShortestCoolMs, kLongestToldMs) : growing(kFirstCoolMs, kLongestCoolMs, strikes)};
    case UpstreamFault::kExhausted:
      return {false, Fitness::kCooling,
              told >= 0 ? std::clamp(told, kShortestCoolMs, kLongestCoolMs)
                        : growing(kFirstExhaustedMs, kLongestExhaustedMs, strikes)};
    case UpstreamFault::kSpendLimit: return {true, Fitness::kDisabled, kSpendLimitMs};
    case UpstreamFault::kUnauthenticated:
      return {true, Fitness::kDisabled, growing(kFirstRefusedMs, kLongestRefusedMs, strikes)};
    case UpstreamFault::kForbidden:
      return {false, Fitness::kDisabled, growing(kFirstRefusedMs, kLongestRefusedMs, strikes)};
    default: return {false, Fitness::kFit, 0};
  }
}

std::string sentence_text(const UpstreamError& error, std::string_view model) {
  std::string text;
  switch (error.fault) {
    case UpstreamFault::kSpendLimit: text = "its spend limit is reached or its credit is used up"; break;
    case UpstreamFault::kUnauthenticated: text = "the provider refuses its credential"; break;
    default:
      text = "the provider does not let it use ";
      text += model.empty() ? std::string_view("this operation") : model;
      break;
  }
  text += " (HTTP " + std::to_string(error.status);
  if (!error.reason.empty()) text += ", " + error.reason;
  return text += ")";
}

constexpr UpstreamFault kShared[] = {UpstreamFault::kRateLimited, UpstreamFault::kExhausted, UpstreamFault::kSpendLimit,
                                     UpstreamFault::kUnauthenticated, UpstreamFault::kForbidden};

std::string_view cut_model(std::string_view model) { return model.substr(0, kModelBytes); }

}  // namespace

std::string_view to_string(Fitness fitness) {
  switch (fitness) {
    case Fitness::kFit: return "fit";
    case Fitness::kCooling: return "cooling";
    case Fitness::kOpen: return "unreachable";
    case Fitness::kDisabled: return "disabled";
  }
  return "fit";
}

std::string AccountHealth::entry_key(const Account& account) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(account.provider)));
  return key += account.name;
}

const AccountHealth::Entry* AccountHealth::find(const Account& account) const {
  const auto found = entries_.find(entry_key(account));
  return found == entries_.end() ? nullptr : &found->second;
}

AccountHealth::Entry& AccountHealth::entry_for(const Account& account) {
  const std::string key = entry_key(account);
  if (const auto found = entries_.find(key); found != entries_.end()) return found->second;
  if (entries_.size() >= kMostEntries) entries_.erase(entries_.begin());  // accounts of maps long gone
  Entry& entry = entries_[key];
  entry.name = account.name;
  entry.provider = account.provider;
  troubled_.store(static_cast<int>(entries_.size()), std::memory_order_relaxed);
  return entry;
}

AccountHealth::Trouble& AccountHealth::model_trouble(Entry& entry, std::string_view model, MonoMs now) {
  const std::string key(cut_model(model));
  if (entry.models.size() >= kMostModels && entry.models.find(key) == entry.models.end()) {
    std::erase_if(entry.models, [now](const auto& each) { return each.second.ended <= now; });
    if (entry.models.size() >= kMostModels) entry.models.erase(entry.models.begin());
  }
  return entry.models[key];
}

void AccountHealth::drop_if_well(const Account& account, MonoMs now) {
  const auto found = entries_.find(entry_key(account));
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  std::erase_if(entry.models, [now](const auto& each) { return each.second.ended <= now; });
  if (entry.whole.ended > now || !entry.models.empty() || !entry.circuits.empty()) return;
  entries_.erase(found);
  troubled_.store(static_cast<int>(entries_.size()), std::memory_order_relaxed);
}

HealthView AccountHealth::circuit_view(const Circuit& circuit, MonoMs now) const {
  if (circuit.failures < options_.circuit_failures) return {};
  if (circuit.open_until > now) return {Fitness::kOpen, circuit.open_until, UpstreamFault::kNone};
  if (circuit.probe_until > now) return {Fitness::kOpen, circuit.probe_until, UpstreamFault::kNone};
  return {};  // half open: whoever comes is the probe
}

HealthView AccountHealth::view(const Account& account, std::string_view model, std::string_view endpoint) const {
  if (untroubled()) return {};
  const MonoMs now = clock_.mono_ms();
  std::lock_guard lock(mutex_);
  const Entry* entry = find(account);
  if (entry == nullptr) return {};
  if (entry->whole.until > now) return {entry->whole.fitness, entry->whole.until, entry->whole.why};
  HealthView worst;
  if (!endpoint.empty()) {
    if (const auto found = entry->circuits.find(std::string(endpoint)); found != entry->circuits.end()) {
      worst = circuit_view(found->second, now);
    }
  }
  if (const auto found = entry->models.find(std::string(cut_model(model)));
      found != entry->models.end() && found->second.until > now && found->second.fitness > worst.fitness) {
    worst = {found->second.fitness, found->second.until, found->second.why};
  }
  return worst;
}

bool AccountHealth::healthy(const Account& account) const {
  if (untroubled()) return true;
  const MonoMs now = clock_.mono_ms();
  std::lock_guard lock(mutex_);
  const Entry* entry = find(account);
  if (entry == nullptr) return true;
  if (entry->whole.until > now) return false;
  return std::none_of(entry->circuits.begin(), entry->circuits.end(),
                      [&](const auto& each) { return circuit_view(each.second, now).fitness != Fitness::kFit; });
}

bool AccountHealth::admit(const Account& account, std::string_view endpoint) {
  if (untroubled()) return true;
  const MonoMs now = clock_.mono_ms();
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(entry_key(account));
  if (entry == entries_.end()) return true;
  const auto found = entry->second.circuits.find(std::string(endpoint));
  if (found == entry->second.circuits.end() || found->second.failures < options_.circuit_failures) return true;
  if (found->second.open_until > now || found->second.probe_until > now) return false;
  found->second.probe_until = now + kProbeMs;
  return true;
}

std::optional<AccountHealth::Notice> AccountHealth::refused(const Account& account, std::string_view model,
                                                            const UpstreamError& error) {
  // A simulated one refuses because a caller asked it to: that is no news about anything.
  if (account.credential && account.credential->simulated) return std::nullopt;
  const MonoMs now = clock_.mono_ms();
  Sentence sentence{};
  bool newly_disabled = false;
  {
    // What means nothing for the account must not make an entry for it.
    sentence = sentence_for(error, 0);
    if (sentence.ms == 0) return std::nullopt;
    std::lock_guard lock(mutex_);
    Entry& entry = entry_for(account);
    Trouble& trouble = sentence.whole_account ? entry.whole : model_trouble(entry, model, now);
    const bool running = trouble.until > now;
    // Fifty requests under way that are all refused are one strike.
    if (!running) trouble.strikes = trouble.ended > now ? trouble.strikes + 1 : 0;
    sentence = sentence_for(error, trouble.strikes);
    if (running && trouble.fitness > sentence.fitness) return std::nullopt;
    newly_disabled = sentence.fitness == Fitness::kDisabled && !(running && trouble.fitness == Fitness::kDisabled);
    const bool told = error.retry_after_ms >= 0;
    if (running && trouble.fitness == sentence.fitness && !told) return std::nullopt;  // it is in force already
    trouble.fitness = sentence.fitness;
    trouble.why = error.fault;
    trouble.until = running ? std::max(trouble.until, now + sentence.ms) : now + sentence.ms;
    trouble.ended = trouble.until + kForgetMs;
  }
  if (newly_disabled) {
    const std::string reason = sentence_text(error, model);
    logger_.error("an account is disabled", {{"account", account.name},
                                             {"provider", to_string(account.provider)},
                                             {"reason", reason},
                                             {"for_s", sentence.ms / 1000}});
    if (on_disabled_) on_disabled_(account.name, reason);
  } else {
    logger_.warn("an account cools down", {{"account", account.name},
                                           {"model", model},
                                           {"reason", to_string(error.fault)},
                                           {"for_ms", sentence.ms}});
  }
  Notice notice;
  notice.key = notice_key(account, sentence.whole_account ? std::string_view() : model);
  notice.text = std::to_string(clock_.unix_ms() + sentence.ms) + ' ' + std::string(to_string(error.fault));
  notice.ttl_ms = sentence.ms;
  return notice;
}

bool AccountHealth::unreachable(const Account& account, std::string_view endpoint, std::string_view why) {
  const MonoMs now = clock_.mono_ms();
  bool opened = false;
  {
    std::lock_guard lock(mutex_);
    Entry& entry = entry_for(account);
    if (entry.circuits.size() >= kMostCircuits && entry.circuits.find(std::string(endpoint)) == entry.circuits.end()) {
      entry.circuits.erase(entry.circuits.begin());
    }
    Circuit& circuit = entry.circuits[std::string(endpoint)];
    if (circuit.failures < options_.circuit_failures) ++circuit.failures;
    if (circuit.failures >= options_.circuit_failures && circuit.open_until <= now) {
      opened = true;
      circuit.open_until = now + options_.circuit_open_ms;
      circuit.probe_until = 0;
    }
  }
  if (opened) {
    logger_.warn("an account's endpoint is left alone for a while", {{"account", account.name},
                                                                      {"reason", why},
                                                                      {"for_ms", options_.circuit_open_ms}});
  }
  return opened;
}

void AccountHealth::spoke(const Account& account, std::string_view endpoint) {
  if (untroubled()) return;
  const MonoMs now = clock_.mono_ms();
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(entry_key(account));
  if (entry == entries_.end()) return;
  if (entry->second.circuits.erase(std::string(endpoint)) > 0) drop_if_well(account, now);
}

void AccountHealth::worked(const Account& account, std::string_view model) {
  if (untroubled()) return;
  const MonoMs now = clock_.mono_ms();
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(entry_key(account));
  if (entry == entries_.end()) return;
  // One that was under way before the trouble began proves nothing about it.
  if (entry->second.whole.until <= now) entry->second.whole = Trouble();
  const auto found = entry->second.models.find(std::string(cut_model(model)));
  if (found != entry->second.models.end() && found->second.until <= now) entry->second.models.erase(found);
  drop_if_well(account, now);
}

std::string AccountHealth::notice_key(const Account& account, std::string_view model) {
  std::string key = "account-health:";
  key += to_string(account.provider);
  key += ':';
  key += account.name.substr(0, 400);
  key += ':';
  return key += cut_model(model);
}

void AccountHealth::learn(const Account& account, std::string_view model, std::string_view notice) {
  std::int64_t until_unix_ms = 0;
  const auto [end, error] = std::from_chars(notice.data(), notice.data() + notice.size(), until_unix_ms);
  if (error != std::errc() || end == notice.data() + notice.size() || *end != ' ') return;
  const std::string_view word(end + 1, static_cast<std::size_t>(notice.data() + notice.size() - end - 1));
  const auto fault = std::find_if(std::begin(kShared), std::end(kShared), [&](UpstreamFault f) { return to_string(f) == word; });
  if (fault == std::end(kShared)) return;
  const std::int64_t left = std::min(until_unix_ms - clock_.unix_ms(), kLongestToldMs);
  if (left <= 0) return;
  UpstreamError as_told;
  as_told.fault = *fault;
  const Sentence sentence = sentence_for(as_told, 0);
  if (sentence.whole_account != model.empty()) return;
  const MonoMs now = clock_.mono_ms();
  std::lock_guard lock(mutex_);
  Entry& entry = entry_for(account);
  Trouble& trouble = sentence.whole_account ? entry.whole : model_trouble(entry, model, now);
  if (trouble.until >= now + left) return;
  trouble.fitness = sentence.fitness;
  trouble.why = *fault;
  trouble.until = now + left;
  trouble.ended = trouble.until + kForgetMs;
}

void AccountHealth::forgive(std::string_view name) {
  std::lock_guard lock(mutex_);
  std::erase_if(entries_, [name](const auto& each) { return name.empty() || each.second.name == name; });
  troubled_.store(static_cast<int>(entries_.size()), std::memory_order_relaxed);
}

std::vector<AccountHealth::Row> AccountHealth::rows() const {
  std::vector<Row> out;
  if (untroubled()) return out;
  const MonoMs now = clock_.mono_ms();
  std::lock_guard lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    const auto add = [&](const std::string& what, Fitness fitness, UpstreamFault why, MonoMs until) {
      out.push_back({entry.name, entry.provider, what, fitness, why, until - now});
    };
    if (entry.whole.until > now) add({}, entry.whole.fitness, entry.whole.why, entry.whole.until);
    for (const auto& [model, trouble] : entry.models) {
      if (trouble.until > now) add(model, trouble.fitness, trouble.why, trouble.until);
    }
    for (const auto& [endpoint, circuit] : entry.circuits) {
      const HealthView view = circuit_view(circuit, now);
      if (view.fitness != Fitness::kFit) add(endpoint, view.fitness, UpstreamFault::kNone, view.until);
    }
  }
  std::sort(out.begin(), out.end(), [](const Row& a, const Row& b) {
    return a.account != b.account ? a.account < b.account : a.model < b.model;
  });
  return out;
}

std::size_t AccountHealth::count(Fitness fitness) const {
  const std::vector<Row> all = rows();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const Row& row) { return row.fitness == fitness; }));
}

}  // namespace moongate
