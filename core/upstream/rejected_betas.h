// Which anthropic-beta values an upstream has refused, so that it is not asked twice.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace moongate {

// Shared by all workers; thread-safe; bounded. One atomic load while nothing was ever refused.
class RejectedBetas {
 public:
  bool none() const { return !any_.load(std::memory_order_relaxed); }

  void add(std::string_view account, std::string_view model, const std::vector<std::string>& values) {
    std::lock_guard lock(mutex_);
    if (refused_.size() >= kMostPairs) refused_.clear();  // each costs one more refusal to learn again
    auto& list = refused_[key_of(account, model)];
    for (const std::string& value : values) {
      if (list.size() < kMostValues && std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
    }
    any_.store(true, std::memory_order_relaxed);
  }

  // Takes out of a comma list what this account has refused for this model.
  std::string without(std::string_view account, std::string_view model, std::string_view list) const {
    if (none()) return std::string(list);
    std::lock_guard lock(mutex_);
    const auto found = refused_.find(key_of(account, model));
    if (found == refused_.end()) return std::string(list);
    std::string out;
    while (!list.empty()) {
      const std::size_t comma = list.find(',');
      std::string_view item = list.substr(0, comma);
      while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
      while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
      if (!item.empty() && std::find(found->second.begin(), found->second.end(), item) == found->second.end()) {
        if (!out.empty()) out += ',';
        out += item;
      }
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
    return out;
  }

 private:
  static constexpr std::size_t kMostPairs = 1024;
  static constexpr std::size_t kMostValues = 64;
  static std::string key_of(std::string_view account, std::string_view model) {
    std::string key(account);
    key += '\n';
    return key += model.substr(0, 128);
  }

  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::vector<std::string>> refused_;
};

}  // namespace moongate
