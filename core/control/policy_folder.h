// The policy's files on the disk.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "control/operator_hooks.h"

namespace moongate {

inline constexpr std::size_t kMaxPolicyFile = 1u << 20;   // of one file
inline constexpr std::size_t kMaxPolicyBytes = 4u << 20;  // of all together, here
inline constexpr std::size_t kMaxPolicyFiles = 512;

// What is wrong with a file's name ("must …"); empty: nothing. Names are paths below the folder with '/' between their
// parts, end in ".lua", and can lead nowhere else.
std::string policy_name_fault(std::string_view name);

// Every *.lua of the folder and below it, as the gateway loads them: nothing whose name begins with a dot. The error
// names the file.
Result<PolicyFiles> read_policy_folder(const std::string& folder);

// The folder with these files in place of those that were read as `before`: only what differs is touched, each file whole,
// and what was done is undone when one of them cannot be written. kCanceled: a file says something else than in `before`.
Status write_policy_folder(const std::string& folder, const PolicyFiles& before, const PolicyFiles& files);

// Differs when any name or text differs.
std::string policy_etag(const PolicyFiles& files);

}  // namespace moongate
