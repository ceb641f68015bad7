// The admin API over a store in memory and a clock by hand, and the words that its tests are written in.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <string>
#include <vector>

#include "config/stored_account.h"
#include "control/admin_service.h"
#include "control/time_text.h"
#include "crypto/rsa_key.h"
#include "identity/admin_token.h"
#include "identity/api_key.h"
#include "store/memory_store.h"
#include "unit/crypto/seeded_random.h"

namespace moongate {

using Json = boost::json::object;

inline Json json_of(const HttpResponse& response) {
  boost::json::error_code failed;
  const boost::json::value value = boost::json::parse(response.body, failed);
  EXPECT_TRUE(!failed && value.is_object()) << response.status << " " << response.body;
  return value.is_object() ? value.get_object() : Json();
}

// A member by its path ("terms.limits.concurrent"): a string as it is, anything else as JSON; "<none>": it is not there.
inline std::string at(const boost::json::value& root, std::string_view path) {
  const boost::json::value* value = &root;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
    if (value->is_array()) {
      const auto index = static_cast<std::size_t>(std::stoul(std::string(name)));
      if (index >= value->get_array().size()) return "<none>";
      value = &value->get_array()[index];
      continue;
    }
    value = value->is_object() ? value->get_object().if_contains(name) : nullptr;
    if (value == nullptr) return "<none>";
  }
  return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
}
inline std::string at(const HttpResponse& response, std::string_view path) { return at(json_of(response), path); }

// "400 INVALID_ARGUMENT: …", to be compared as one text.
inline std::string told(const HttpResponse& response) {
  const Json body = json_of(response);
  return std::to_string(response.status) + " " + at(body, "error.status") + ": " + at(body, "error.message");
}

#define EXPECT_SAYS(response, part)                        \
  do {                                                     \
    const std::string said = told(response);               \
    EXPECT_NE(said.find(part), std::string::npos) << said; \
  } while (false)

class AdminTest : public testing::Test {
 protected:
  AdminTest() {
    hooks.directory_changed = [this] { ++directory_changes; };
    hooks.balance_changed = [this](const std::string& user) { balances_changed.push_back(user); };
    admin_token = ensure_admin_token(store, random).value()->reveal();
    restart();
  }

  void restart() {
    MapHooks map_hooks;
    map_hooks.check_private_key = [](std::string_view pem) -> Status {
      auto key = RsaPrivateKey::from_pem(pem);
      if (!key) return key.error();
      return {};
    };
    service = std::make_unique<AdminService>(
        store, clock, random, log,
        AdminOptions{settings, map_hooks, SealedBox::derive(std::string(32, 'm'), kUpstreamCredentialPurpose)}, hooks);
  }

  HttpRequest request(std::string method, std::string_view target, std::string body = "") const {
    HttpRequest made;
    made.method = std::move(method);
    const std::size_t question = target.find('?');
    made.path = "/api/admin/" + std::string(target.substr(0, question));
    if (question != target.npos) made.query = target.substr(question + 1);
    made.body = std::move(body);
    made.remote_address = "192.0.2.7";
    made.headers.emplace_back("Authorization", "Bearer " + admin_token);
    return made;
  }
  HttpResponse send(const std::string& method, std::string_view target, const std::string& body = "") {
    HttpResponse answer = service->handle(request(method, target, body));
    everything_said += answer.body;
    for (const auto& [name, value] : answer.headers) everything_said += name + ": " + value + "\n";
    return answer;
  }
  HttpResponse get(std::string_view target) { return send("GET", target); }
  HttpResponse post(std::string_view target, const std::string& body = "") { return send("POST", target, body); }
  HttpResponse patch(std::string_view target, const std::string& body) { return send("PATCH", target, body); }
  HttpResponse erase(std::string_view target) { return send("DELETE", target); }

  // The user's id.
  std::string make_user(const std::string& name, const std::string& more = "") {
    const HttpResponse made = post("users", R"({"name":")" + name + "\"" + more + "}");
    EXPECT_EQ(made.status, 201) << made.body;
    return at(made, "id");
  }
  std::string make_client(const std::string& name, const std::string& user = "") {
    const HttpResponse made =
        post("clients", R"({"name":")" + name + "\"" + (user.empty() ? "" : R"(,"user":")" + user + "\"") + "}");
    EXPECT_EQ(made.status, 201) << made.body;
    return at(made, "id");
  }
  // The answer to a new key of that client.
  Json make_key(const std::string& client, const std::string& more = "") {
    const HttpResponse made = post("keys", R"({"client":")" + client + "\"" + more + "}");
    EXPECT_EQ(made.status, 201) << made.body;
    return json_of(made);
  }
  // "actor action subject", newest first.
  std::vector<std::string> audit() {
    std::vector<std::string> lines;
    const std::vector<AuditRecord> records = store.list_audit(1000).value();
    for (const AuditRecord& each : records) {
      lines.push_back(each.actor + " " + each.action + " " + each.subject);
    }
    return lines;
  }

  MemoryStore store;
  ManualClock clock{parse_time("2026-11-20T12:00:00Z").value()};
  SeededRandom random;
  MemorySink sink;
  Logger log{sink, clock, LogLevel::kDebug};
  Settings settings;
  AdminHooks hooks;
  std::unique_ptr<AdminService> service;
  std::string admin_token;
  int directory_changes = 0;
  std::vector<std::string> balances_changed;
  std::string everything_said;
};

}  // namespace moongate
