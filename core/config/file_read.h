// Reading an operator's files: bounded, never blocking on something that is no file, and whole.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace moongate {

inline constexpr std::size_t kMaxConfigBytes = 1 << 20;  // settings and key files
inline constexpr std::size_t kMaxMapBytes = 4 << 20;     // more than ten thousand clients

struct FileText {
  std::string text;
  bool others_may_read = false;  // its mode lets group or others read it
};

// The whole file as it stood at one moment: when it changes while it is read, it is read again, and after some
// attempts that is an error. Symbolic links are followed (Kubernetes mounts files that way).
// kNotFound: no such file; kForbidden: no permission; kTooLarge: more than max_bytes; kInvalid: a folder, a
// device or a pipe; kUnavailable: it does not hold still. The message begins with a verb, for a sentence that
// names the file.
Result<FileText> read_whole_file(const std::string& path, std::size_t max_bytes);

}  // namespace moongate
