#include "app/workbench.h"

namespace moongate {
namespace {
constexpr std::size_t kEntries = 10'000;
constexpr std::size_t kBytes = 4u << 20;

Task<void> mark(Task<void> task, bool& done) {
  co_await std::move(task);
  done = true;
}
}  // namespace

VmOptions vm_options_of(const Settings& settings) {
  VmOptions options;
  options.memory_bytes = static_cast<std::size_t>(settings.policy.memory_mb) << 20;
  options.ffi = settings.policy.ffi;
  return options;
}

Result<std::unique_ptr<Workbench>> Workbench::make(const Settings& settings, std::shared_ptr<const MapConfig> map,
                                                   LineSink& log, Outside outside) {
  auto bench = std::unique_ptr<Workbench>(new Workbench(settings, log, std::move(outside)));
  Outside& from = bench->outside_;
  bench->gateway_.upstreams = from.upstreams;
  CacheOptions options;
  auto caches = open_cache("memory://", options, bench->resolver_, nullptr);
  if (!caches) return caches.error();
  bench->caches_ = std::move(*caches);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->settings = std::make_shared<const Settings>(settings);
  snapshot->map = map ? std::move(map) : std::make_shared<const MapConfig>();
  snapshot->clients = std::make_shared<const ClientIndex>(snapshot->map, random_sip_key());
  KeyLookup::AskStore ask_store;
  if (from.store != nullptr) {
    ask_store = [store = from.store](const std::function<void(Store&)>& job) {
      job(*store);
      return true;
    };
  }
  auto services = WorkerServices::create(
      bench->worker_,
      {bench->gateway_, bench->random_, bench->dicts_, *bench->caches_,
       from.verifier != nullptr ? *from.verifier : bench->verifier_, bench->limits_, from.store != nullptr ? &bench->keys_ : nullptr, std::move(ask_store), from.inner},
      std::move(snapshot));
  if (!services) return services.error();
  bench->services_ = std::move(*services);
  if (from.stored) bench->services_->set_stored(from.stored);
  bench->watched_ = bench->watchdog_.watch_this_thread();
  return bench;
}

void Workbench::run(Task<void> task) {
  constexpr int kTurnMs = 50;
  bool done = false;
  spawn(mark(std::move(task), done));
  while (!done) worker_.reactor.turn(kTurnMs);
}

Workbench::Workbench(const Settings& settings, LineSink& log, Outside outside)
    : outside_(std::move(outside)),
      settings_(settings),
      logger_(log, clock_, LogLevel::kWarn),
      resolver_(clock_),
      tokens_(clock_, logger_),
      metrics_(1),
      gateway_{clock_, logger_, resolver_, tokens_, log, metrics_, settings_, nullptr, "check"},
      dicts_(kEntries, kBytes, clock_, 1),
      verifier_(SealedBox::derive("check", "check"), {}, 0),
      worker_(gateway_, 0),
      watchdog_(settings.policy.hook_budget_ms) {}

}  // namespace moongate
