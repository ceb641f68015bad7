// SipHash-2-4: a keyed hash for tables whose keys come from strangers. Not a MAC for the outside world.
#pragma once

#include <cstdint>
#include <string_view>

namespace moongate {

// Drawn at random once a process; whoever does not know it cannot make keys collide.
struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

// Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012). No allocation.
std::uint64_t siphash24(const SipKey& key, std::string_view bytes);

}  // namespace moongate
