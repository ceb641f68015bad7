// What in a request tells which conversation, or whose resource, it is about.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/api.h"

namespace moongate {

// Of an Anthropic Messages body, as far as it is there.
struct ConversationMarks {
  std::string user;          // metadata.user_id, raw JSON text; empty: none
  bool cached = false;       // something is to be cached (cache_control)
  bool one_hour = false;     // for an hour instead of five minutes
  std::uint64_t prefix = 0;  // with `cached`: a hash over system, tools and the first user message, cache marks left out:
                             // the same in each turn of a conversation
};
// Looks at the whole body only where "cache_control" or "user_id" occurs in it.
ConversationMarks read_conversation(std::string_view body);

// The resource that a path names, as "files/abc", "operations/1", "cachedContents/x", "batches/y"; for a resumable upload
// that goes on, "uploads/…" by its upload_id. Empty: none.
std::string resource_of_target(const ApiTarget& target);
// The same by name: "projects/p/locations/l/cachedContents/x" is "cachedContents/x"; "file_1" and "msgbatch_1", which
// Anthropic uses without a folder, are "files/file_1" and "batches/msgbatch_1". Empty: a name of another kind.
std::string resource_of_name(std::string_view name);
// The first resource that a request's body refers to: the operation that is asked for, else a cached content or an uploaded
// file. Empty: none.
std::string resource_in_body(Operation operation, std::string_view body);
// The upload_id of an address that a resumable upload goes on at, as "uploads/…". Empty: none.
std::string resource_of_upload_url(std::string_view url);

}  // namespace moongate
