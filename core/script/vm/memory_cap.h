// The allocator of one Lua VM: counts what it holds and refuses what goes beyond the cap.
#pragma once

#include <cstddef>

namespace moongate {

// LuaJIT takes a refusal for "not enough memory", a catchable error, as long as the call that allocates is a
// protected one. So the cap holds only while a policy runs (enforce(true)); what the core itself puts on a
// stack between two runs is small and never refused.
class MemoryCap {
 public:
  explicit MemoryCap(std::size_t limit) : limit_(limit) {}

  // lua_Alloc; `self` is the MemoryCap.
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);

  std::size_t used() const { return used_; }
  std::size_t limit() const { return limit_; }
  // Whether so many bytes more would still fit. For what is built outside of Lua's heap and put there later.
  bool has_room(std::size_t bytes) const { return bytes <= limit_ && used_ <= limit_ - bytes; }

  void enforce(bool on) { enforced_ = on; }
  // Whether anything was refused since this was last asked.
  bool take_refused() {
    const bool was = refused_;
    refused_ = false;
    return was;
  }

 private:
  std::size_t used_ = 0;
  std::size_t limit_;
  bool enforced_ = false;
  bool refused_ = false;
};

}  // namespace moongate
