#include "app/operator_hooks.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "app/workbench.h"
#include "script/policy_check.h"
#include "script/policy_test.h"

namespace moongate {
namespace {

constexpr std::chrono::seconds kLongestTests{60};

std::string source_name(const Account& account, const AmbientCredentials& ambient) {
  if (account.credential->simulated) return "simulator";
  if (account.name.starts_with("env:")) return "ambient";
  const bool stored = std::any_of(ambient.stored.begin(), ambient.stored.end(), [&](const auto& each) {
    return each.get() == &account;
  });
  return stored ? "store" : "map";
}

std::string why(const AccountHealth::Row& row) {
  if (row.fitness == Fitness::kOpen) return row.model + " could not be reached several times in a row";
  return std::string(to_string(row.why)) + (row.model.empty() ? "" : " (" + row.model + ")");
}

}  // namespace

std::shared_ptr<const PolicySource> source_of(const Settings& settings, const PolicyFiles& files) {
  std::filesystem::path folder = std::filesystem::path(settings.policy.dir).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return PolicySource::of(files, folder.filename().string());
}

std::vector<PolicyProblem> PolicyTrials::check(const PolicyFiles& files, std::shared_ptr<const MapConfig> map) const {
  auto bench = Workbench::make(settings_, std::move(map), log_);
  if (!bench) return {{"", 0, bench.error().describe()}};
  std::vector<PolicyProblem> problems;
  for (PolicyFault& each : find_policy_faults(source_of(settings_, files), vm_options_of(settings_), (*bench)->watched(),
                                              (*bench)->services())) {
    problems.push_back({std::move(each.file), each.line, std::move(each.message)});
  }
  return problems;
}

Result<PolicyTestResult> PolicyTrials::test(const PolicyFiles& files) {
  const std::unique_lock alone(testing_, std::try_to_lock);
  if (!alone) return Error(ErrorKind::kRateLimited, "Another run of the policy's tests is under way; try again when it has ended.");
  const auto end = std::chrono::steady_clock::now() + kLongestTests;
  PolicyTestReport report = report_policy_tests(source_of(settings_, files), {},
                                                [end] { return std::chrono::steady_clock::now() < end; });
  return PolicyTestResult{report.passed, report.failed, std::move(report.text)};
}

std::vector<AccountInForce> accounts_in_force(const MapConfig& map, const AmbientCredentials& ambient,
                                              const UpstreamState& upstreams, std::int64_t now_s) {
  const std::vector<AccountHealth::Row> troubles = upstreams.health.rows();
  std::vector<AccountInForce> list;
  for (const auto& account : map.accounts) {
    AccountInForce& each = list.emplace_back();
    each.account = account;
    each.source = source_name(*account, ambient);
    Fitness worst = Fitness::kFit;
    for (const AccountHealth::Row& row : troubles) {
      if (row.account != account->name || row.provider != account->provider || row.fitness < worst) continue;
      worst = row.fitness;
      each.until_s = now_s + (row.for_ms + 999) / 1000;
      each.reason = why(row);
    }
    const AccountCounters::Counts counts = upstreams.counters.of(*account);
    each.requests = counts.requests;
    each.errors = counts.errors;
    each.state = worst == Fitness::kFit ? "ok" : std::string(to_string(worst));
  }
  return list;
}

}  // namespace moongate
