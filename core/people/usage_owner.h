// Whose usage a request may see: a signed-in user's, or that of the client whose key it shows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "people/people_parts.h"

namespace moongate {

struct OwnerLevel {
  LimitLevel level = LimitLevel::kClient;
  std::string id;
  std::string name;
  Terms terms;
};

struct UsageOwner {
  std::string client;             // by a key or token: its client's name; empty: a whole user
  UserRecord user;                // who pays; an empty record: nobody
  std::optional<ApiKeyRecord> key;
  std::vector<OwnerLevel> levels; // the innermost first, as on the data plane
};

// The API key or client token that a request shows; empty: none. A session's or the admin token is none.
std::string_view presented_key(const HttpRequest& request);
// What a credential is worth now: enabled, not expired, from an address that it may come from. Nothing: nothing.
Result<std::optional<UsageOwner>> owner_of_key(PeopleParts& parts, std::string_view credential, const HttpRequest& request);
// By key, or by session; 401 for neither.
OrReply<UsageOwner> usage_owner(PeopleParts& parts, const PeopleCall& call);

}  // namespace moongate
