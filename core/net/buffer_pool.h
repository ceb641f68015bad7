// Reused byte buffers, one set of free lists per thread: fresh memory costs a page fault per 4 KiB.
#pragma once

#include <cstddef>
#include <utility>

namespace moongate {

// Owns one buffer, or none. Movable; gives it back on destruction (on whichever thread that happens).
class Buffer {
 public:
  static constexpr std::size_t kSmall = 16 * 1024;  // heads, small bodies
  static constexpr std::size_t kLarge = 64 * 1024;  // bodies

  Buffer() = default;
  // From the pool: kSmall or kLarge, whichever holds `bytes`; beyond kLarge from the heap.
  explicit Buffer(std::size_t bytes);
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Buffer() { release(); }

  void release();
  explicit operator bool() const { return data_ != nullptr; }
  char* data() const { return data_; }
  std::size_t capacity() const { return capacity_; }

 private:
  char* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace moongate
