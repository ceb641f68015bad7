#include "net/buffer_pool.h"

#include <cstdlib>
#include <new>
#include <vector>

namespace moongate {
namespace {

constexpr std::size_t kKeptBytes = 16u << 20;  // per thread and size

struct FreeBuffers {
  std::vector<char*> small;
  std::vector<char*> large;
  ~FreeBuffers() {
    for (char* b : small) std::free(b);
    for (char* b : large) std::free(b);
  }
};
thread_local FreeBuffers pool;

char* take(std::vector<char*>& list, std::size_t bytes) {
  if (!list.empty()) {
    char* b = list.back();  // the last one given back: still in the cache
    list.pop_back();
    return b;
  }
  void* fresh = std::malloc(bytes);
  if (fresh == nullptr) throw std::bad_alloc();
  return static_cast<char*>(fresh);
}

}  // namespace

Buffer::Buffer(std::size_t bytes) {
  if (bytes <= kSmall) {
    capacity_ = kSmall;
    data_ = take(pool.small, kSmall);
  } else if (bytes <= kLarge) {
    capacity_ = kLarge;
    data_ = take(pool.large, kLarge);
  } else {
    capacity_ = bytes;
    data_ = static_cast<char*>(std::malloc(bytes));
    if (data_ == nullptr) throw std::bad_alloc();
  }
}

void Buffer::release() {
  if (data_ == nullptr) return;
  std::vector<char*>* list = capacity_ == kSmall ? &pool.small : capacity_ == kLarge ? &pool.large : nullptr;
  if (list != nullptr && list->size() * capacity_ < kKeptBytes) {
    list->push_back(data_);
  } else {
    std::free(data_);
  }
  data_ = nullptr;
  capacity_ = 0;
}

}  // namespace moongate
