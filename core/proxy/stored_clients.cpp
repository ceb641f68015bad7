#include "proxy/stored_clients.h"

namespace moongate {

std::shared_ptr<const StoredClients> StoredClients::build(const std::vector<ClientRecord>& clients,
                                                          const std::vector<UserRecord>& users, std::int64_t generation,
                                                          const std::function<void(const Error&)>& told) {
  const auto read = [&told](const std::string& what, const std::string& name, const std::string& json, bool& readable) {
    auto terms = parse_terms(json);
    readable = terms.ok();
    if (!readable) told(terms.error().wrap("the terms of " + what + " " + name + " cannot be read; it is disabled"));
    return std::make_shared<const Terms>(readable ? *terms : Terms());
  };

  auto snapshot = std::make_shared<StoredClients>();
  snapshot->generation_ = generation;
  std::unordered_map<std::string_view, const StoredUser*> owners;  // by id
  for (const UserRecord& record : users) {
    bool readable = true;
    StoredUser user{record.id, record.name, record.enabled, read("user", record.name, record.terms, readable)};
    user.enabled = user.enabled && readable;
    owners.emplace(record.id, &snapshot->users_.emplace(record.name, std::move(user)).first->second);
  }
  for (const ClientRecord& record : clients) {
    StoredClient client;
    client.id = record.id;
    client.name = record.name;
    client.user_id = record.user_id;
    bool readable = true;
    client.terms = read("client", record.name, record.terms, readable);
    client.enabled = record.enabled && readable;
    if (!record.user_id.empty()) {
      const auto owner = owners.find(record.user_id);
      if (owner == owners.end()) {
        client.enabled = false;
      } else {
        client.user_name = owner->second->name;
        client.user_terms = owner->second->terms;
        client.enabled = client.enabled && owner->second->enabled;
      }
    }
    snapshot->by_name_.emplace(record.name, std::move(client));
  }
  return snapshot;
}

const StoredClient* StoredClients::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

const StoredUser* StoredClients::find_user(std::string_view name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : &found->second;
}

}  // namespace moongate
