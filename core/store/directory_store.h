// Users, clients, keys and upstream accounts: who may call, for whom, and with what.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace moongate {

// The rules of store.h hold. Every change of a user, client, key or account, and of what else gateways keep
// in memory (virtual accounts, OAuth clients, revoked tokens, prices) raises directory_generation() in the
// same transaction; what was read under an older generation is stale.
class DirectoryStore {
 public:
  virtual ~DirectoryStore() = default;

  virtual Result<std::int64_t> directory_generation() = 0;

  // By name, in its order. insert: false when id, name or (not empty) e-mail is taken. update: every field but id and
  // created_at; kInvalid when name or e-mail belongs to another.
  virtual Result<bool> insert_user(const UserRecord& record) = 0;
  virtual Result<std::vector<UserRecord>> list_users() = 0;
  virtual Result<std::optional<UserRecord>> find_user(std::string_view id) = 0;
  virtual Result<std::optional<UserRecord>> find_user_by_name(std::string_view name) = 0;
  virtual Result<std::optional<UserRecord>> find_user_by_email(std::string_view email) = 0;
  virtual Result<bool> update_user(const UserRecord& record) = 0;

  // The same for clients. Erasing one takes its keys with it; the ledger keeps what they did.
  virtual Result<bool> insert_client(const ClientRecord& record) = 0;
  virtual Result<std::vector<ClientRecord>> list_clients() = 0;
  virtual Result<std::optional<ClientRecord>> find_client(std::string_view id) = 0;
  virtual Result<std::optional<ClientRecord>> find_client_by_name(std::string_view name) = 0;
  virtual Result<bool> update_client(const ClientRecord& record) = 0;
  virtual Result<bool> erase_client(std::string_view id) = 0;

  // Keys, listed from the oldest; an empty client_id: of all. insert: false when id or digest is taken; kInvalid when
  // there is no such client. update: name, client, enabled, terms, expiry. find_holder: by the digest, with the client
  // and user that the key leads to, in one step and whether or not they are enabled.
  virtual Result<bool> insert_key(const ApiKeyRecord& record) = 0;
  virtual Result<std::vector<ApiKeyRecord>> list_keys(std::string_view client_id) = 0;
  virtual Result<std::optional<ApiKeyRecord>> find_key(std::string_view id) = 0;
  virtual Result<std::optional<KeyHolder>> find_holder(std::string_view sha256) = 0;
  // For clients that have no key here (of the map, virtual accounts): an empty key record and what stands for that name.
  virtual Result<std::optional<KeyHolder>> find_holder_by_client(std::string_view client_name) = 0;
  virtual Result<bool> update_key(const ApiKeyRecord& record) = 0;
  virtual Result<bool> replace_key_secret(std::string_view id, std::string_view sha256, std::string_view prefix) = 0;
  virtual Result<bool> erase_key(std::string_view id) = 0;
  // Does not raise the generation. An older time than the one kept changes nothing.
  virtual Status touch_keys(const std::vector<std::pair<std::string, std::int64_t>>& id_and_last_used_s) = 0;

  virtual Result<bool> insert_upstream_account(const UpstreamAccountRecord& record) = 0;
  virtual Result<std::vector<UpstreamAccountRecord>> list_upstream_accounts() = 0;
  virtual Result<std::optional<UpstreamAccountRecord>> find_upstream_account(std::string_view name) = 0;
  virtual Result<bool> update_upstream_account(const UpstreamAccountRecord& record) = 0;
  virtual Result<bool> erase_upstream_account(std::string_view name) = 0;
};

}  // namespace moongate
