// Files that only their owner may read.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace moongate {

// The directory and its missing parents, created 0700. What exists already is left as it is.
// Error: it cannot be created; the message names the directory and the reason.
Status create_private_directory(const std::filesystem::path& directory);

// Puts `bytes` under `path` with mode 0600, whole or not at all (a new file is written beside it and renamed
// over it). Missing directories are created 0700.
Status write_secret_file(const std::filesystem::path& path, std::string_view bytes);

// Error kNotFound: no such file; kForbidden: it cannot be opened; kTooLarge: beyond `max_bytes`.
Result<Secret> read_secret_file(const std::filesystem::path& path, std::size_t max_bytes = 64 * 1024);

}  // namespace moongate
