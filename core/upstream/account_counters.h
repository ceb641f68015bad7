// How often each account was asked since the start, and how often that failed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "config/map.h"

namespace moongate {

// Shared by all workers; an attempt costs a hash and an addition, and no lock. Counts of more accounts than there is room
// for are lost.
class AccountCounters {
 public:
  struct Counts {
    std::uint64_t requests = 0, errors = 0;
  };

  void count(const Account& account, bool failed) {
    Slot* slot = slot_of(account);
    if (slot == nullptr) return;
    slot->requests.fetch_add(1, std::memory_order_relaxed);
    if (failed) slot->errors.fetch_add(1, std::memory_order_relaxed);
  }

  Counts of(const Account& account) const {
    const std::uint64_t wanted = mark_of(account);
    for (std::size_t i = 0; i < kProbes; ++i) {
      const Slot& slot = slots_[(wanted + i) % kSlots];
      if (slot.mark.load(std::memory_order_relaxed) == wanted) {
        return {slot.requests.load(std::memory_order_relaxed), slot.errors.load(std::memory_order_relaxed)};
      }
    }
    return {};
  }

 private:
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::size_t kProbes = 32;
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> mark{0};  // of name and provider; 0: free
    std::atomic<std::uint64_t> requests{0}, errors{0};
  };

  static std::uint64_t mark_of(const Account& account) {
    const std::uint64_t name = std::hash<std::string_view>()(account.name);
    return (name ^ (static_cast<std::uint64_t>(account.provider) * 0x9E3779B97F4A7C15ULL)) | 1;
  }

  Slot* slot_of(const Account& account) {
    const std::uint64_t wanted = mark_of(account);
    for (std::size_t i = 0; i < kProbes; ++i) {
      Slot& slot = slots_[(wanted + i) % kSlots];
      std::uint64_t found = slot.mark.load(std::memory_order_relaxed);
      if (found == 0 && slot.mark.compare_exchange_strong(found, wanted, std::memory_order_relaxed)) return &slot;
      if (found == wanted) return &slot;
    }
    return nullptr;
  }

  std::array<Slot, kSlots> slots_;
};

}  // namespace moongate
