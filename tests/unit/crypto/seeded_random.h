// Randomness that a test can repeat.
#pragma once

#include <mutex>
#include <random>

#include "crypto/random.h"

namespace moongate {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace moongate
