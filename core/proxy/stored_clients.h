// The store's clients and users, as workers see them: a snapshot, so that no request waits for a database to learn who
// pays for a client of the map.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "config/terms.h"
#include "store/records.h"

namespace moongate {

// A client by its name, with the user whom it belongs to.
struct StoredClient {
  std::string id;
  std::string name;
  std::string user_id;  // empty: nobody pays
  std::string user_name;
  bool enabled = true;  // it and its user
  std::shared_ptr<const Terms> terms;       // never null
  std::shared_ptr<const Terms> user_terms;  // null: no user
};

// A user by its name, for clients of the map that name one.
struct StoredUser {
  std::string id;
  std::string name;
  bool enabled = true;
  std::shared_ptr<const Terms> terms;  // never null
};

class StoredClients {
 public:
  // Rows whose terms cannot be read are kept, disabled: a limit that we do not understand must not become none. `told`
  // hears of each, for the log.
  static std::shared_ptr<const StoredClients> build(const std::vector<ClientRecord>& clients,
                                                    const std::vector<UserRecord>& users, std::int64_t generation,
                                                    const std::function<void(const Error&)>& told);

  // nullptr: the store knows no such client. Valid as long as this.
  const StoredClient* find(std::string_view name) const;
  const StoredUser* find_user(std::string_view name) const;
  std::int64_t generation() const { return generation_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, StoredClient, Hash, std::equal_to<>> by_name_;
  std::unordered_map<std::string, StoredUser, Hash, std::equal_to<>> users_;  // by name
  std::int64_t generation_ = 0;
};

}  // namespace moongate
