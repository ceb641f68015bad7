#include "app/conversations.h"

#include <filesystem>

namespace moongate {
namespace {

constexpr int kBesideStreams = 64;  // lists, looks and changes, which are short

}  // namespace

Conversations::Conversations(Parts& parts)
    : log_(parts.log), door_(std::move(parts.workers)), threads_(parts.settings.chat.streams + kBesideStreams) {}

Conversations::~Conversations() {
  shut();
  threads_.join();
}

Result<std::unique_ptr<Conversations>> Conversations::start(Parts parts, InnerTokens& tokens) {
  std::unique_ptr<Conversations> made(new Conversations(parts));
  auto cache = HistoryCache::start(parts.caches, parts.clock);
  if (!cache) return cache.error();
  made->cache_ = std::move(*cache);
  ChatParts chat{*made, parts.store, made->cache_.get(), parts.clock, parts.random, parts.log, parts.settings, nullptr};
  if (!parts.settings.worker.command.empty()) {
    const std::filesystem::path folder = std::filesystem::path(parts.settings.data_dir) / "run" / "workers";
    auto pool = WorkerPool::open(parts.settings.worker, folder, parts.clock, parts.random, parts.log);
    if (!pool) return pool.error();
    made->workers_ = std::move(*pool);
    chat.workers = made->workers_.get();
  }
  ChatCallers::Parts callers{*made, parts.store, tokens, parts.clock, parts.random, parts.log,
                             std::move(parts.admission), std::move(parts.directory_changed)};
  made->service_ = std::make_unique<ChatService>(std::move(chat), std::move(callers), std::move(parts.hooks));
  return made;
}

void Conversations::add_samples(std::vector<Sample>& samples) const {
  if (!workers_) return;
  const WorkerPool::Health health = workers_->health();
  const auto add = [&samples](std::string_view name, std::string_view help, std::string_view type, auto n) {
    samples.push_back({name, help, type, static_cast<double>(n)});
  };
  add("moongate_workers{state=\"running\"}", "Requests that a worker answers, and that wait for one.", "gauge", health.running);
  add("moongate_workers{state=\"waiting\"}", "", "gauge", health.waiting);
  add("moongate_worker_requests_total{result=\"done\"}", "Requests to workers that ended.", "counter", health.done);
  add("moongate_worker_requests_total{result=\"failed\"}", "", "counter", health.failed);
  add("moongate_worker_requests_total{result=\"refused\"}", "", "counter", health.refused);
}

bool Conversations::begin(HttpRequest request, std::shared_ptr<LocalCall> call) {
  return threads_.start([this, request = std::move(request), call = std::move(call)] {
    try {
      HttpResponse response = service_->handle(request);
      if (response.later) response = response.later([&call] { return call->gone(); });
      auto stream = std::move(response.stream);
      call->answer(std::move(response), stream != nullptr);
      if (!stream) return;
      stream(*call);
      stream = nullptr;  // what it holds ends before the answer does
      call->end();
    } catch (const std::exception& problem) {
      log_.error("a conversation failed", {{"path", request.path}, {"reason", problem.what()}});
      call->answer(chat_error(500, "Internal error; the gateway's log says more."), false);
    }
  });
}

}  // namespace moongate
