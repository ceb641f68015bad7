// What the admin API asks of the running gateway about its map, its policy and its accounts. The layer above has the
// workers; this one has the files, the versions and the answers' form.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/map.h"
#include "crypto/sealed_box.h"

namespace moongate {

// A policy's files by their path below policy.dir.
using PolicyFiles = std::map<std::string, std::string, std::less<>>;

struct PolicyProblem {
  std::string file;  // as in PolicyFiles; empty: the policy as a whole
  int line = 0;      // 0: of the file
  std::string message;
};

struct PolicyTestResult {
  int passed = 0, failed = 0;
  std::string output;
};

// An account in force and how it fares.
struct AccountInForce {
  std::shared_ptr<const Account> account;
  std::string source;  // "map", "store", "ambient", "simulator"
  std::string state;   // "ok", "cooling", "unreachable", "disabled"
  std::string reason;  // empty with "ok"
  std::int64_t until_s = 0;
  std::uint64_t requests = 0, errors = 0;  // attempts since the start, and those that failed
};

struct AccountTest {
  bool ok = false;
  std::int64_t latency_ms = 0;
  std::string message;  // what came, or what to do
};

struct CachedToken {
  std::string account, hint;
  std::int64_t expires_at_s = 0;
  bool shared = false;  // other gateways have it, too
};

struct WhatIfQuestion {
  std::string client;      // by name; empty: `credential` says who
  std::string credential;  // as it would be presented
  std::string path, model, provider;
  std::string address;  // where the request comes from
};

// Each may be empty: then the process cannot do that, and the answer is 501. They are called on the handler's thread and
// may block.
struct OperatorHooks {
  // For versions (kConfigVersionPurpose), and the key of the masks in what is shown.
  std::optional<SealedBox> version_box;
  std::string mask_key;

  // Runs `work` while nothing is reloaded.
  std::function<void(const std::function<void()>& work)> undisturbed;
  // What the map is read with beside its file.
  std::function<AmbientCredentials()> ambient;
  // Reads map.file anew, as when it has changed. Error: the old map keeps serving.
  std::function<Status()> reload_map;

  // Everything that is wrong with a policy, found by loading it aside.
  std::function<std::vector<PolicyProblem>(const PolicyFiles&)> check_policy;
  // kRateLimited: others run.
  std::function<Result<PolicyTestResult>(const PolicyFiles&)> test_policy;
  // The policy in force from now on in all workers, if all could load it and `put_in_place`, called then, succeeds;
  // otherwise nothing changes.
  std::function<Status(const PolicyFiles&, const std::function<Status()>& put_in_place)> activate_policy;

  std::function<std::vector<AccountInForce>()> accounts;
  std::function<std::optional<AccountTest>(std::string_view account)> test_account;
  std::function<bool(std::string_view account)> forgive_account;
  std::function<std::vector<CachedToken>()> tokens;
  std::function<bool(std::string_view account)> drop_token;
  // JSON objects: the answer of what-if (an error is the caller's), members of GET system.
  std::function<Result<std::string>(const WhatIfQuestion&)> what_if;
  std::function<std::string()> system;
};

}  // namespace moongate
