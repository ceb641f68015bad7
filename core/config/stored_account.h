// Upstream accounts that were put in by the admin API, and lie sealed in the store instead of in a key file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/map.h"
#include "crypto/sealed_box.h"

namespace moongate {

// What SealedBox::derive takes for the box of their credentials.
inline constexpr std::string_view kUpstreamCredentialPurpose = "upstream-account-credential";
// What stands before the account's name in the context that they are sealed for.
inline constexpr std::string_view kUpstreamCredentialContext = "upstream-account:";
// Base64 of the sealed JSON, bound to the account's name; and back. Nothing: sealed with another key or under another name.
std::string seal_upstream_credential(const SealedBox& box, std::string_view name, std::string_view json, Random& random);
std::optional<Secret> open_upstream_credential(const SealedBox& box, std::string_view name, std::string_view sealed);

// The credential in each role that it can have: a Google service account serves Gemini and Claude. `credential` is a key
// file's JSON, held to the same rules, with these besides: no ${NAME} (who may put an account in need not see the
// environment), no base_url or domain in clear or on a link-local address off this machine. `models`: a JSON list of
// the map's model rules; empty text or list: every model.
// kInvalid: one message with every problem, by its JSON path; it never holds a secret.
Result<std::vector<std::shared_ptr<const Account>>> read_stored_account(std::string_view name, std::string_view credential,
                                                                        std::string_view models,
                                                                        const Settings& settings, const MapHooks& hooks);

}  // namespace moongate
