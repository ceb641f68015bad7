#include "net/task.h"

#include <array>
#include <new>

namespace moongate::task_detail {
namespace {

constexpr std::size_t kStep = 64;
constexpr std::size_t kClasses = 64;       // frames up to 4 KiB
constexpr std::size_t kKeptPerClass = 256; // beyond this a freed frame goes back to the heap

struct FreeFrame {
  FreeFrame* next;
};

struct FramePool {
  std::array<FreeFrame*, kClasses> free{};
  std::array<std::size_t, kClasses> count{};
  ~FramePool() {
    for (FreeFrame* list : free) {
      while (list != nullptr) ::operator delete(std::exchange(list, list->next));
    }
  }
};

thread_local FramePool pool;

std::size_t class_of(std::size_t bytes) { return (bytes + kStep - 1) / kStep - 1; }

}  // namespace

void* allocate_frame(std::size_t bytes) {
  const std::size_t c = class_of(bytes);
  if (c >= kClasses) return ::operator new(bytes);
  if (FreeFrame* frame = pool.free[c]) {
    pool.free[c] = frame->next;
    --pool.count[c];
    return frame;
  }
  return ::operator new((c + 1) * kStep);
}

void free_frame(void* frame, std::size_t bytes) noexcept {
  const std::size_t c = class_of(bytes);
  if (c >= kClasses || pool.count[c] >= kKeptPerClass) {
    ::operator delete(frame);
    return;
  }
  auto* node = static_cast<FreeFrame*>(frame);
  node->next = pool.free[c];
  pool.free[c] = node;
  ++pool.count[c];
}

}  // namespace moongate::task_detail
