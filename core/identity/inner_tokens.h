// Credentials that the process makes for its own requests on somebody's behalf: of a person who is signed in and shows no
// key, of the client that an operator tries something as. They live as long as the request, and leave the process never.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "crypto/random.h"
#include "store/records.h"

namespace moongate {

// Safe from any thread; a look-up holds a lock for the time of finding a few entries.
class InnerTokens {
 public:
  struct Bearer {
    KeyHolder holder;     // `key` is empty; client and user as the store had them a moment ago
    bool of_map = false;  // a client of the map, by holder.client.name
  };

  explicit InnerTokens(Random& random) : random_(random) {}

  static constexpr std::string_view kPrefix = "inner-";
  static bool is_candidate(std::string_view credential) {
    return credential.size() == kPrefix.size() + 43 && credential.starts_with(kPrefix);
  }

  // Good until the returned value goes.
  class Lent {
   public:
    Lent() = default;
    Lent(InnerTokens& owner, std::string token) : owner_(&owner), token_(std::move(token)) {}
    Lent(Lent&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), token_(std::move(other.token_)) {}
    Lent& operator=(Lent&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(token_, other.token_);
      return *this;
    }
    ~Lent() {
      if (owner_ != nullptr) owner_->forget(token_);
    }
    const std::string& token() const { return token_; }

   private:
    InnerTokens* owner_ = nullptr;
    std::string token_;
  };
  Lent lend(Bearer bearer) {
    std::string token = std::string(kPrefix) + random_token(random_, 43);
    const std::lock_guard lock(mutex_);
    bearers_.emplace(token, std::move(bearer));
    return Lent(*this, std::move(token));
  }

  std::optional<Bearer> find(std::string_view token) const {
    const std::lock_guard lock(mutex_);
    const auto found = bearers_.find(token);
    if (found == bearers_.end()) return std::nullopt;
    return found->second;
  }

 private:
  void forget(const std::string& token) {
    const std::lock_guard lock(mutex_);
    bearers_.erase(token);
  }

  Random& random_;
  mutable std::mutex mutex_;  // guards the next
  std::map<std::string, Bearer, std::less<>> bearers_;
};

}  // namespace moongate
