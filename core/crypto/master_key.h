// The one secret that others are derived from.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace moongate {

// 32 raw bytes: from `given` (the value of MOONGATE_MASTER_KEY) when it is not empty, else from
// `data_dir`/secret/master.key, which is made (0600) when it is missing. Both hold base64 or 64 hex digits.
// Error kInvalid: what is there is no such key. The message says how to make one and never shows it.
Result<Secret> load_master_key(const std::filesystem::path& data_dir, std::string_view given);
// The same for one file, made when it is missing.
Result<Secret> load_key_file(const std::filesystem::path& path);
// `data_dir`/secret/master.key
std::filesystem::path master_key_file(const std::filesystem::path& data_dir);

}  // namespace moongate
