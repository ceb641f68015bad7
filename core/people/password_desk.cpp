#include "people/password_desk.h"

#include <chrono>

#include "crypto/password.h"

namespace moongate {
namespace {

constexpr std::chrono::seconds kPatience{2};

Error too_many() { return Error(ErrorKind::kUnavailable, "too many passwords are being checked at the moment"); }

}  // namespace

class PasswordDesk::Seat {
 public:
  explicit Seat(PasswordDesk& desk) : desk_(desk), taken_(desk.sit()) {}
  ~Seat() {
    if (taken_) desk_.leave();
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  bool taken() const { return taken_; }

 private:
  PasswordDesk& desk_;
  const bool taken_;
};

bool PasswordDesk::sit() {
  std::unique_lock lock(mutex_);
  if (working_ >= options_.at_once) {
    if (waiting_ >= options_.waiting) return false;
    ++waiting_;
    const bool free = freed_.wait_for(lock, kPatience, [this] { return working_ < options_.at_once; });
    --waiting_;
    if (!free) return false;
  }
  ++working_;
  return true;
}

void PasswordDesk::leave() {
  {
    const std::lock_guard lock(mutex_);
    --working_;
  }
  freed_.notify_one();
}

Result<std::string> PasswordDesk::hash(const Secret& password) {
  const Seat seat(*this);
  if (!seat.taken()) return too_many();
  return hash_password(password.reveal(), random_);
}

Result<bool> PasswordDesk::verify(const Secret& password, const std::string& hash) {
  const Seat seat(*this);
  if (!seat.taken()) return too_many();
  if (!hash.empty()) return verify_password(password.reveal(), hash);
  std::string nobodys;
  {
    const std::lock_guard lock(mutex_);
    nobodys = nobodys_hash_;
  }
  if (nobodys.empty()) {
    Result<std::string> made = hash_password(random_token(random_, 32), random_);
    if (!made) return made.error();
    nobodys = *made;
    const std::lock_guard lock(mutex_);
    nobodys_hash_ = std::move(*made);
  }
  static_cast<void>(verify_password(password.reveal(), nobodys));
  return false;
}

}  // namespace moongate
