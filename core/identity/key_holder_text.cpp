#include "identity/key_holder_text.h"

#include <boost/json.hpp>

namespace moongate {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVersion = 1;

// Members that are missing or of another type make the text none of ours.
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}
  std::string text(std::string_view name) {
    const json::value* value = object_.if_contains(name);
    if (value == nullptr || !value->is_string()) return broken();
    return std::string(value->get_string());
  }
  std::int64_t number(std::string_view name) {
    const json::value* value = object_.if_contains(name);
    if (value == nullptr || !value->is_int64()) {
      broken();
      return 0;
    }
    return value->get_int64();
  }
  bool flag(std::string_view name) { return number(name) != 0; }
  bool ok() const { return ok_; }

 private:
  std::string broken() {
    ok_ = false;
    return {};
  }
  const json::object& object_;
  bool ok_ = true;
};

}  // namespace

std::string render_key_holder(const KeyHolder* holder, std::int64_t generation) {
  json::object out{{"v", kVersion}, {"generation", generation}};
  if (holder != nullptr) {
    const auto& [key, client, user] = *holder;
    out["key"] = {{"id", key.id}, {"sha256", key.sha256}, {"prefix", key.prefix}, {"name", key.name},
                  {"client_id", key.client_id}, {"enabled", key.enabled ? 1 : 0}, {"terms", key.terms},
                  {"expires", key.expires_at_s}};
    out["client"] = {{"id", client.id}, {"name", client.name}, {"user_id", client.user_id},
                     {"enabled", client.enabled ? 1 : 0}, {"terms", client.terms}};
    out["user"] = {{"id", user.id}, {"name", user.name}, {"enabled", user.enabled ? 1 : 0}, {"terms", user.terms}};
  }
  return json::serialize(out);
}

std::optional<KnownKey> parse_key_holder(std::string_view text, std::string_view sha256) {
  json::error_code failed;
  const json::value document = json::parse(text, failed);
  if (failed || !document.is_object()) return std::nullopt;
  Reader head(document.get_object());
  KnownKey known;
  known.generation = head.number("generation");
  if (head.number("v") != kVersion || !head.ok()) return std::nullopt;
  const json::value* parts[3] = {};
  int there = 0;
  for (const std::string_view name : {"key", "client", "user"}) {
    const json::value* part = document.get_object().if_contains(name);
    if (part == nullptr) continue;
    if (!part->is_object()) return std::nullopt;
    parts[there++] = part;
  }
  if (there == 0) return known;
  if (there != 3) return std::nullopt;
  auto holder = std::make_shared<KeyHolder>();
  Reader key(parts[0]->get_object()), client(parts[1]->get_object()), user(parts[2]->get_object());
  holder->key.id = key.text("id");
  holder->key.sha256 = key.text("sha256");
  holder->key.prefix = key.text("prefix");
  holder->key.name = key.text("name");
  holder->key.client_id = key.text("client_id");
  holder->key.enabled = key.flag("enabled");
  holder->key.terms = key.text("terms");
  holder->key.expires_at_s = key.number("expires");
  holder->client.id = client.text("id");
  holder->client.name = client.text("name");
  holder->client.user_id = client.text("user_id");
  holder->client.enabled = client.flag("enabled");
  holder->client.terms = client.text("terms");
  holder->user.id = user.text("id");
  holder->user.name = user.text("name");
  holder->user.enabled = user.flag("enabled");
  holder->user.terms = user.text("terms");
  if (!key.ok() || !client.ok() || !user.ok() || holder->key.sha256 != sha256) return std::nullopt;
  known.holder = std::move(holder);
  return known;
}

}  // namespace moongate
