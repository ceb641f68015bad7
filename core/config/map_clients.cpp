// The list "clients" of the map.
#include <algorithm>
#include <unordered_map>

#include "config/host_text.h"
#include "config/map_parts.h"
#include "config/nearest.h"
#include "config/terms_reader.h"
#include "crypto/hash.h"

namespace moongate {
namespace {

constexpr int kMaxWeight = 10000;
constexpr std::size_t kMaxToken = 4096;
constexpr std::size_t kShortToken = 8;
constexpr std::size_t kMaxUser = 128;

bool is_client_name(std::string_view name) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= 64 && letter_or_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

class ClientReader {
 public:
  ClientReader(MapLoading& loading, FileProblems& problems) : loading_(loading), problems_(problems) {}

  void read(const JsonNode& node, const std::string& path) {
    ObjectReader object(node, path, "a client",
                        {"client_token", "name", "enable", "service_type", list_key(Family::kGemini),
                         list_key(Family::kClaude), "user", "providers", "models", "ip_allow", "expires", "limits",
                         "shadow", "markup", "trace"},
                        problems_);
    if (!object.is_object()) return;
    Client client;
    read_token(object, client);
    read_name(object, client);
    client.enabled = object.boolean("enable").value_or(true);
    read_service_type(object, client);
    client.gemini_accounts = read_weights(object, Family::kGemini);
    client.claude_accounts = read_weights(object, Family::kClaude);
    read_user(object, client);
    client.terms = read_terms(object, problems_, ObjectReader::Unknown::kWarn);
    loading_.out.clients.push_back(std::move(client));
  }

 private:
  void read_token(ObjectReader& object, Client& client) {
    auto token = object.required_text("client_token", "write the text that the client presents");
    if (!token) return;
    if (!is_visible_ascii(token->text)) {
      problems_.error(token->begin, token->path,
                      "has a space, a control byte or a letter beyond ASCII, so that no client could present it");
    } else if (token->text.size() > kMaxToken) {
      problems_.error(token->begin, token->path, "is longer than " + std::to_string(kMaxToken) + " characters");
    } else if (token->text.size() < kShortToken) {
      problems_.warning(token->begin, token->path, "is so short that it can be guessed; 20 random characters are not");
    }
    const std::string digest = sha256_hex(token->text);
    const int line = problems_.line_of(token->begin);
    if (const auto [first, fresh] = tokens_.emplace(digest, line); !fresh) {
      problems_.error(token->begin, token->path,
                      "is the same token as on line " + std::to_string(first->second) + "; each client needs its own");
    }
    client.id = "map:" + digest.substr(0, 12);
    client.token = Secret(std::move(token->text));
  }

  void read_name(ObjectReader& object, Client& client) {
    const auto name = object.text("name");
    if (!name) return;
    if (!is_client_name(name->text)) {
      problems_.error(name->begin, name->path,
                      "must be 1 to 64 letters, digits, '.', '_' or '-', with a letter or digit first");
      return;
    }
    const auto [first, fresh] = names_.emplace(name->text, problems_.line_of(name->begin));
    if (!fresh) {
      problems_.error(name->begin, name->path,
                      "is the name of the client on line " + std::to_string(first->second) + " too");
    }
    client.id = name->text;
  }

  void read_user(ObjectReader& object, Client& client) {
    const auto user = object.text("user");
    if (!user) return;
    if (user->text.empty() || user->text.size() > kMaxUser || !is_visible_ascii(user->text)) {
      problems_.error(user->begin, user->path,
                      "must be the name of a user, 1 to " + std::to_string(kMaxUser) + " visible characters without spaces");
      return;
    }
    client.user = user->text;
  }

  void read_service_type(ObjectReader& object, Client& client) {
    const auto type = object.text("service_type");
    if (!type) return;
    constexpr ServiceType kTypes[] = {ServiceType::kAny, ServiceType::kGoogle, ServiceType::kAnthropic};
    const auto* known = std::find_if(std::begin(kTypes), std::end(kTypes),
                                     [&](ServiceType each) { return to_string(each) == type->text; });
    if (known == std::end(kTypes)) {
      problems_.error(type->begin, type->path,
                      "\"" + quotable(type->text) + "\" is no service; it must be google, anthropic or any");
      return;
    }
    client.service_type = *known;
  }

  std::optional<std::vector<WeightedAccount>> read_weights(ObjectReader& client, Family family) {
    const JsonNode* list = client.array(list_key(family));
    if (list == nullptr) return std::nullopt;
    std::vector<WeightedAccount> accounts;
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      ObjectReader entry(list->items[i], json_path(client.path_of(list_key(family)), i), "an account's weight",
                         {"key_filename", "key_weight"}, problems_);
      const auto name = entry.required_text("key_filename", "name an account of " + std::string(list_key(family)));
      const auto weight = entry.integer("key_weight", 1, kMaxWeight);
      if (!name) continue;
      check_reference(*name, family, accounts);
      accounts.push_back({name->text, static_cast<int>(weight.value_or(1))});
    }
    return accounts;
  }

  void check_reference(const TextValue& name, Family family, const std::vector<WeightedAccount>& before) {
    const auto& declared = loading_.declared[static_cast<int>(family)];
    if (declared.find(name.text) == declared.end()) {
      const std::vector<std::string_view> known(declared.begin(), declared.end());
      problems_.error(name.begin, name.path,
                      "\"" + quotable(name.text) + "\" is no account in $." + std::string(list_key(family)) +
                          (known.empty() ? "; there is none yet"
                                         : "; the nearest is " + quotable(nearest_name(name.text, known), 255)));
    }
    if (std::any_of(before.begin(), before.end(), [&](const WeightedAccount& a) { return a.name == name.text; })) {
      problems_.error(name.begin, name.path, "is in this list for the second time; write one entry with the sum of the weights");
    }
  }

  MapLoading& loading_;
  FileProblems& problems_;
  std::unordered_map<std::string, int> tokens_;  // by digest, to the line
  std::unordered_map<std::string, int> names_;
};

}  // namespace

void read_clients(ObjectReader& root, MapLoading& loading, FileProblems& problems) {
  const JsonNode* list = root.array("clients");
  if (list == nullptr) {
    if (!root.has("clients")) {
      problems.warning(root.begin(), root.path(), "has no \"clients\", so no static token is accepted");
    }
    return;
  }
  ClientReader reader(loading, problems);
  for (std::size_t i = 0; i < list->items.size(); ++i) reader.read(list->items[i], json_path(root.path_of("clients"), i));
}

namespace {

void mask(const JsonNode& node, std::vector<const JsonNode*>& masked) {
  constexpr std::string_view kShown[] = {"clients", "name", "enable", "service_type", "limits", "models", "model",
                                         "domain", "upstream_model", "location", "key_filename", "key_weight",
                                         "key_filename_gemini", "key_filename_claude", "requests_per_minute",
                                         "tokens_per_minute", "input_tokens_per_minute", "output_tokens_per_minute",
                                         "tokens_per_day", "cost_per_day", "cost_per_month", "concurrent", "user",
                                         "providers", "ip_allow", "expires", "shadow", "markup", "trace"};
  for (const JsonNode& item : node.items) mask(item, masked);
  for (const JsonMember& member : node.members) {
    if (std::find(std::begin(kShown), std::end(kShown), member.key) == std::end(kShown)) {
      masked.push_back(&member.value);
    } else {
      mask(member.value, masked);
    }
  }
}

}  // namespace

std::string masked_map(std::string_view text, const JsonNode& root) {
  std::vector<const JsonNode*> masked;
  mask(root, masked);
  std::string out;
  std::size_t from = 0;
  for (const JsonNode* node : masked) {
    out.append(text.substr(from, node->begin - from)).append("\"***\"");
    from = node->end;
  }
  return out.append(text.substr(from));
}

}  // namespace moongate
