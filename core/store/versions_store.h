// What the map and the policy said at a time, so that an operator can go back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moongate {

// What their contents are sealed for; the digest follows the context's beginning.
inline constexpr std::string_view kConfigVersionPurpose = "config-version";
inline constexpr std::string_view kConfigVersionContext = "version ";

struct ConfigVersion {
  std::int64_t id = 0;  // rising
  std::string kind;     // "map", "policy"
  std::string digest;   // of kind and content: what is the same has the same
  std::int64_t at_s = 0;
  std::string actor, note;
  std::int64_t bytes = 0;  // of the content
  std::string sealed;      // base64 of a SealedBox's bytes, see above; empty in lists
  bool operator==(const ConfigVersion&) const = default;
};

// The rules of store.h hold.
class VersionsStore {
 public:
  virtual ~VersionsStore() = default;

  // Keeps it under the next id, which is the answer; `record.id` means nothing. The oldest of its kind go until there
  // are at most `keep` of them with at most `max_bytes` together; the new one stays in any case.
  virtual Result<std::int64_t> append_version(const ConfigVersion& record, int keep, std::int64_t max_bytes) = 0;
  // Newest first, without their contents.
  virtual Result<std::vector<ConfigVersion>> list_versions(std::string_view kind) = 0;
  virtual Result<std::optional<ConfigVersion>> find_version(std::string_view kind, std::int64_t id) = 0;
};

}  // namespace moongate
