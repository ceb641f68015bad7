// Who the mock OAuth2's tokens stand for, as an immutable snapshot: the control side publishes it, workers
// read it, and no request asks a database.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "crypto/rsa_key.h"

namespace moongate {

// A service account that we made up: its key file was handed out once, only its public key is kept.
struct VirtualAccount {
  std::string id;  // 21 digits, Google's "unique id"
  std::string email;
  std::string name;
  std::string project;  // alias; the upstream never sees it
  std::string key_id;   // kid of the key file
  RsaPublicKey public_key;
  bool enabled = true;
  std::vector<std::string> providers;  // "anthropic", "vertex", …; empty: all
  std::vector<std::string> models;     // exact names, or prefixes ending in '*'; empty: all
  struct OldKey {
    std::string key_id;
    RsaPublicKey public_key;
    std::int64_t until_s = 0;
  };
  std::vector<OldKey> old_keys = {};  // rotated away, still good for a while

  // The key of that id; nullptr: it has none, or it is over. `until_s` is when it ends; 0: it does not.
  const RsaPublicKey* key(std::string_view kid, std::int64_t now_s, std::int64_t& until_s) const;
  bool allows_provider(std::string_view provider) const;
  bool allows_model(std::string_view model) const;
};

struct IdentitySnapshot {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Accounts =
      std::unordered_map<std::string, std::shared_ptr<const VirtualAccount>, Hash, std::equal_to<>>;
  using Names = std::unordered_set<std::string, Hash, std::equal_to<>>;

  std::uint64_t generation = 0;  // rises with each snapshot; what was verified under an older one is stale
  Accounts by_id, by_email, by_key_id;
  Names clients;  // ids of the enabled OAuth clients
  Names revoked;  // ids of tokens, and of families of tokens, that are no longer good

  void add(std::shared_ptr<const VirtualAccount> account);
  std::shared_ptr<const VirtualAccount> find_id(std::string_view id) const { return find(by_id, id); }
  std::shared_ptr<const VirtualAccount> find_email(std::string_view email) const {
    return find(by_email, email);
  }
  std::shared_ptr<const VirtualAccount> find_key(std::string_view kid) const { return find(by_key_id, kid); }

 private:
  static std::shared_ptr<const VirtualAccount> find(const Accounts& accounts, std::string_view key);
};

}  // namespace moongate
