// What was said in the conversations that are going on, kept beside the store: in Redis, or in this process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "cache/cache.h"

namespace moongate {

// For threads that may block. An entry names the conversation's revision, which the store raises with every change; whoever
// reads one looks whether it is still that, so that a stale entry of another gateway does no harm.
class HistoryCache {
 public:
  // `factory` must outlive it.
  static Result<std::unique_ptr<HistoryCache>> start(CacheFactory& factory, const Clock& clock);
  ~HistoryCache();
  HistoryCache(const HistoryCache&) = delete;
  HistoryCache& operator=(const HistoryCache&) = delete;

  // Nothing: it is not there, or the cache is away.
  std::optional<std::string> find(std::string_view conversation_id, std::int64_t revision);
  // What is too large to be kept is not.
  void keep(std::string_view conversation_id, std::int64_t revision, const std::string& text);
  void forget(std::string_view conversation_id);

 private:
  struct State;
  explicit HistoryCache(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace moongate
