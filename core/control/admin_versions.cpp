#include "control/admin_versions.h"

#include <charconv>

#include "control/admin_views.h"
#include "crypto/base64.h"
#include "crypto/hash.h"

namespace moongate {
namespace {

constexpr int kKept = 200;
constexpr std::int64_t kKeptBytes = 32 << 20;
constexpr std::size_t kLongestNote = 400;

std::string context_of(const std::string& digest) { return std::string(kConfigVersionContext) + digest; }

void append(const AdminParts& parts, std::string_view kind, std::string_view content, std::string_view actor,
            std::string_view note) {
  ConfigVersion record;
  record.kind = kind;
  record.digest = version_digest(kind, content);
  record.at_s = parts.now_s();
  record.actor = actor;
  record.note = note.substr(0, kLongestNote);
  record.bytes = static_cast<std::int64_t>(content.size());
  record.sealed = base64_encode(parts.hooks.configuration.version_box->seal(content, context_of(record.digest), parts.random));
  if (const auto kept = parts.store.append_version(record, kKept, kKeptBytes); !kept) {
    parts.log.error("a version could not be kept; what it says is in force",
                    {{"kind", kind}, {"reason", kept.error().describe()}});
  }
}

HttpResponse no_versions() { return api_error(501, "UNIMPLEMENTED", "This process keeps no versions."); }

}  // namespace

std::string version_digest(std::string_view kind, std::string_view content) {
  return sha256_hex(std::string(kind) + "\n" + std::string(content));
}

void keep_version(const AdminParts& parts, std::string_view kind, std::string_view content, std::string_view actor,
                  std::string_view note) {
  if (!parts.hooks.configuration.version_box) return;
  const auto versions = parts.store.list_versions(kind);
  if (versions && !versions->empty() && versions->front().digest == version_digest(kind, content)) return;
  append(parts, kind, content, actor, note);
}

void keep_found_version(const AdminParts& parts, std::string_view kind, std::string_view content) {
  if (!parts.hooks.configuration.version_box) return;
  const auto versions = parts.store.list_versions(kind);
  if (!versions) return;  // the store is away; the next look finds it, too
  const std::string digest = version_digest(kind, content);
  for (const ConfigVersion& each : *versions) {
    if (each.digest == digest) return;
  }
  append(parts, kind, content, "disk", versions->empty() ? "as it was found" : "changed on the disk");
}

HttpResponse versions_reply(const AdminParts& parts, std::string_view kind, const std::string& active_digest) {
  if (!parts.hooks.configuration.version_box) return no_versions();
  const auto versions = parts.store.list_versions(kind);
  if (!versions) return store_refused(parts, versions.error());
  boost::json::array list;
  bool found = false;
  for (const ConfigVersion& each : *versions) {
    const bool active = !found && each.digest == active_digest;
    found = found || active;
    list.push_back({{"id", std::to_string(each.id)},
                    {"at", time_view(each.at_s)},
                    {"actor", each.actor},
                    {"note", each.note},
                    {"bytes", each.bytes},
                    {"active", active}});
  }
  return json_reply(200, {{"versions", std::move(list)}});
}

std::int64_t version_of_digest(const AdminParts& parts, std::string_view kind, const std::string& digest) {
  const auto versions = parts.store.list_versions(kind);
  if (!versions) return 0;
  for (const ConfigVersion& each : *versions) {
    if (each.digest == digest) return each.id;
  }
  return 0;
}

OrReply<OpenedVersion> open_version(const AdminParts& parts, std::string_view kind, std::string_view id) {
  if (!parts.hooks.configuration.version_box) return no_versions();
  std::int64_t number = 0;
  const auto [end, wrong] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (wrong != std::errc() || end != id.data() + id.size()) return not_found("version");
  auto found = parts.store.find_version(kind, number);
  if (!found) return store_refused(parts, found.error());
  if (!*found) return not_found("version");
  const auto bytes = base64_decode((*found)->sealed);
  auto content = bytes ? parts.hooks.configuration.version_box->open(*bytes, context_of((*found)->digest)) : std::nullopt;
  if (!content) {
    return api_error(409, "FAILED_PRECONDITION",
                     "This version was sealed with another master key; `moongate rekey` seals it anew while both keys are known.");
  }
  return OpenedVersion{std::move(**found), std::move(*content)};
}

}  // namespace moongate
