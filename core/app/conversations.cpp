#include "app/conversations.h"

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
  ChatCallers::Parts callers{*made, parts.store, tokens, parts.clock, parts.random, parts.log,
                             std::move(parts.admission), std::move(parts.directory_changed)};
  made->service_ = std::make_unique<ChatService>(std::move(chat), std::move(callers));
  return made;
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
