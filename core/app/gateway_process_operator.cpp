// The gateway's part for operators: map, policy and accounts by the admin API.
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/gateway_process.h"
#include "config/file_read.h"
#include "crypto/certificate.h"
#include "crypto/sealed_box.h"
#include "http/api_reply.h"

namespace moongate {
namespace {
constexpr std::int64_t kDayS = 86'400;
}  // namespace

std::shared_ptr<const Snapshot> GatewayProcess::snapshot() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

void GatewayProcess::fill_operator_hooks(OperatorHooks& hooks) {
  trials_ = std::make_unique<PolicyTrials>(settings_, *error_sink_);
  hooks.version_box = SealedBox::derive(master_key_.reveal(), kConfigVersionPurpose);
  hooks.mask_key = hkdf_sha256(master_key_.reveal(), "", "mask of the map", 32);
  hooks.undisturbed = [this](const std::function<void()>& work) {
    const std::lock_guard lock(reload_mutex_);
    work();
  };
  hooks.ambient = [this] {
    const std::lock_guard lock(reload_mutex_);
    return ambient_;
  };
  hooks.reload_map = [this]() -> Status {
    const std::lock_guard lock(reload_mutex_);
    map_watch_.changed();  // noted before it is read: what changes later is seen by the next look
    return reload_map();
  };
  hooks.check_policy = [this](const PolicyFiles& files) { return trials_->check(files, snapshot()->map); };
  hooks.test_policy = [this](const PolicyFiles& files) { return trials_->test(files); };
  hooks.activate_policy = [this](const PolicyFiles& files, const std::function<Status()>& put_in_place) -> Status {
    const std::lock_guard lock(reload_mutex_);
    const Status done = load_policy(source_of(settings_, files), put_in_place);
    policy_watch_.changed();
    return told_policy(done);
  };
  hooks.accounts = [this] {
    const std::lock_guard lock(reload_mutex_);
    return accounts_in_force(*snapshot()->map, ambient_, upstreams_->health, clock_.unix_seconds());
  };
  hooks.forgive_account = [this](std::string_view name) {
    const auto map = snapshot()->map;
    bool known = false;
    for (const auto& account : map->accounts) known = known || account->name == name;
    if (known) upstreams_->health.forgive(name);
    return known;
  };
  hooks.system = [this] { return system_view(); };
}

std::string GatewayProcess::system_view() const {
  const std::int64_t up_s = (clock_.mono_ms() - started_ms_) / 1000;
  boost::json::object certificate{{"file", certificate_file_}};
  if (certificate_file_.empty()) {
    certificate["state"] = "https is off";
  } else {
    const auto pem = read_whole_file(certificate_file_, kMaxConfigBytes);
    const Result<std::int64_t> ends = pem ? certificate_end_s(pem->text) : Result<std::int64_t>(pem.error());
    if (ends) {
      certificate["expires_at"] = rfc3339(*ends);
      certificate["days_left"] = (*ends - clock_.unix_seconds()) / kDayS;
    }
    certificate["state"] = !ends ? ends.error().message : *ends > clock_.unix_seconds() ? "ok" : "expired";
  }
  const CacheCounters counted = caches_->counters();
  boost::json::object cache{{"url", caches_->describe()},
                            {"commands", counted.commands},
                            {"errors", counted.failures},
                            {"entries", counted.entries}};
  boost::json::error_code failed;
  const boost::json::value state = boost::json::parse("{" + state_->detail() + "}", failed);
  boost::json::object spool;
  if (const auto* ledger = failed ? nullptr : state.get_object().if_contains("ledger"); ledger != nullptr && ledger->is_object()) {
    spool = ledger->get_object();
  }
  const auto current = snapshot();
  const boost::json::object view{
      {"gateway", gateway_->id_prefix},
      {"uptime_s", up_s},
      {"started_at", rfc3339(clock_.unix_seconds() - up_s)},
      {"workers", workers_.size()},
      {"listen", {{"http", addresses_.http}, {"https", addresses_.https}, {"control", addresses_.control}}},
      {"certificate", std::move(certificate)},
      {"cache", std::move(cache)},
      {"spool", std::move(spool)},
      {"reloads", {{"ok", reloads_done_.load()}, {"failed", reloads_failed_.load()}}},
      {"map", {{"generation", current->map->generation}, {"clients", current->map->clients.size()}, {"accounts", current->map->accounts.size()}}}};
  return boost::json::serialize(view);
}

}  // namespace moongate
