// What the spool asks of the file system; tests let it refuse.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace moongate {

// Used by the spool's own thread, and by open() and close() of the spool.
class SpoolFiles {
 public:
  virtual ~SpoolFiles() = default;
  // A new file (0600) that begins with `header`, else zeros up to `bytes`: all of it written, not only
  // promised, so that a full disk shows here and never when the mapped memory is written to; and file and
  // name on the disk. The descriptor is the caller's. Error kUnavailable: no space left; else kInternal;
  // either way there is no such file.
  virtual Result<int> create(const std::filesystem::path& path, std::string_view header,
                             std::size_t bytes) = 0;
  // Returns when these pages of a mapped file are on the disk. No other page is written, so that no other
  // becomes read-only for it.
  virtual Status sync(char* pages, std::size_t bytes, const std::filesystem::path& path) = 0;
};

class DiskSpoolFiles final : public SpoolFiles {
 public:
  Result<int> create(const std::filesystem::path& path, std::string_view header, std::size_t bytes) override;
  Status sync(char* pages, std::size_t bytes, const std::filesystem::path& path) override;
};

}  // namespace moongate
