#include "script/vm/memory_cap.h"

#include <cstdlib>

namespace moongate {

void* MemoryCap::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  auto& cap = *static_cast<MemoryCap*>(self);
  if (new_size == 0) {
    std::free(block);
    cap.used_ -= old_size;
    return nullptr;
  }
  if (block == nullptr) old_size = 0;
  if (cap.enforced_ && new_size > old_size && !cap.has_room(new_size - old_size)) {
    cap.refused_ = true;
    return nullptr;
  }
  void* grown = std::realloc(block, new_size);
  if (grown == nullptr) {
    cap.refused_ = true;
    return nullptr;
  }
  cap.used_ += new_size - old_size;
  return grown;
}

}  // namespace moongate
