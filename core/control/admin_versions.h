// Versions of the map and the policy: what was in force, who put it there, and the way back.
#pragma once

#include <boost/json/array.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "control/admin_parts.h"

namespace moongate {

// The digest under which a content is kept.
std::string version_digest(std::string_view kind, std::string_view content);

// Keeps what is in force from now on, unless the newest version says the same. A store that fails is told in the log: the
// change has happened.
void keep_version(const AdminParts& parts, std::string_view kind, std::string_view content, std::string_view actor,
                  std::string_view note);
// Keeps what was found on the disk, unless any version says the same.
void keep_found_version(const AdminParts& parts, std::string_view kind, std::string_view content);

// {"versions": […]}; the one in force is marked "active".
HttpResponse versions_reply(const AdminParts& parts, std::string_view kind, const std::string& active_digest);
// The newest version that says so; 0: none.
std::int64_t version_of_digest(const AdminParts& parts, std::string_view kind, const std::string& digest);

struct OpenedVersion {
  ConfigVersion record;
  std::string content;
};
// By the id in the path.
OrReply<OpenedVersion> open_version(const AdminParts& parts, std::string_view kind, std::string_view id);

}  // namespace moongate
