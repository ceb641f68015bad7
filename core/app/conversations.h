// The conversations' service within the process: what it asks of the data port, and what the data ports ask of it.
#pragma once

#include <memory>
#include <vector>

#include "cache/cache.h"
#include "chat/chat_service.h"
#include "chat/worker_pool.h"
#include "http/stream_threads.h"
#include "identity/inner_tokens.h"
#include "meter/metrics.h"
#include "proxy/inner_door.h"
#include "proxy/local_call.h"

namespace moongate {

class Conversations final : public LocalService, public DataPort {
 public:
  struct Parts {
    Store& store;
    CacheFactory& caches;
    const Clock& clock;
    Random& random;
    const Logger& log;
    const Settings& settings;
    std::vector<Worker*> workers;
    Admission admission;
    std::function<void()> directory_changed;
    ChatService::Hooks hooks;
  };
  static Result<std::unique_ptr<Conversations>> start(Parts parts, InnerTokens& tokens);
  // The workers' threads have ended, and their reactors still exist.
  ~Conversations() override;

  ChatService& service() { return *service_; }
  void add_samples(std::vector<Sample>& samples) const;
  // Whoever waits for an answer of the data port gives up.
  void shut() { door_.shut(); }

  bool begin(HttpRequest request, std::shared_ptr<LocalCall> call) override;
  Result<int> connect(std::string_view address, bool tls) override { return door_.open(address, tls); }
  bool ending() const override { return door_.is_shut(); }

 private:
  Conversations(Parts& parts);

  const Logger& log_;
  InnerDoor door_;
  std::unique_ptr<HistoryCache> cache_;
  std::unique_ptr<WorkerPool> workers_;  // null: there are none
  std::unique_ptr<ChatService> service_;
  StreamThreads threads_;
};

}  // namespace moongate
