// A worker that never runs: what a policy needs to be loaded and looked at.
#pragma once

#include <memory>

#include "app/worker_services.h"
#include "base/log.h"
#include "script/vm/vm.h"
#include "script/vm/watchdog.h"

namespace moongate {

VmOptions vm_options_of(const Settings& settings);

// Belongs to the thread that made it. Its cache, limits and metrics are its own and go with it.
class Workbench {
 public:
  // Of a running gateway, for a policy that is to decide as it would there. What is null is empty here.
  struct Outside {
    UpstreamState* upstreams = nullptr;
    const TokenVerifier* verifier = nullptr;
    Store* store = nullptr;  // asked for keys on this thread: nobody else's wait may end on a reactor that is gone
    const InnerTokens* inner = nullptr;
    std::shared_ptr<const StoredClients> stored;
  };
  // `map` may be null: an empty one. What the policy logs goes to `log`, which must outlive this.
  static Result<std::unique_ptr<Workbench>> make(const Settings& settings, std::shared_ptr<const MapConfig> map,
                                                 LineSink& log, Outside outside);
  static Result<std::unique_ptr<Workbench>> make(const Settings& settings, std::shared_ptr<const MapConfig> map, LineSink& log) {
    return make(settings, std::move(map), log, Outside());
  }

  WorkerServices& services() { return *services_; }
  WatchedThread* watched() { return watched_.get(); }
  // Runs the task on this thread to its end.
  void run(Task<void> task);

 private:
  Workbench(const Settings& settings, LineSink& log, Outside outside);

  Outside outside_;
  Settings settings_;
  SystemClock clock_;
  SystemRandom random_;
  Logger logger_;
  Resolver resolver_;
  TokenSource tokens_;
  Metrics metrics_;
  Gateway gateway_;
  SharedDicts dicts_;
  TokenVerifier verifier_;
  LimitBook limits_{clock_};
  KeyDirectory keys_{KeyDirectory::Options(), clock_};
  std::unique_ptr<CacheFactory> caches_;
  Worker worker_;
  Watchdog watchdog_;
  std::unique_ptr<WatchedThread> watched_;
  std::unique_ptr<WorkerServices> services_;
};

}  // namespace moongate
