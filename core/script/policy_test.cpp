#include "script/policy_test.h"

#include <cstdio>

#include "script/spec/vocabulary.h"
#include "script/vm/lua_headers.h"
#include "script/vm/watchdog.h"

namespace moongate {
namespace {

// Tests may take longer than hooks, but not for ever.
constexpr int kBudgetMs = 2000;
constexpr int kMaxWaits = 100'000;  // of one file
constexpr std::size_t kMemory = 256u << 20;
constexpr std::string_view kFolder = "spec/";

// Runs one file; its own failure to run counts as a failed test.
void run_file(const std::shared_ptr<const PolicySource>& source, const std::string& path,
              WatchedThread& watched, SpecSession& session, const std::function<bool()>& go_on) {
  VmOptions options;
  options.memory_bytes = kMemory;
  auto loaded = LuaPhases::load(source, options, &watched, session.bench);
  if (!loaded.ok()) return session.failed.push_back("the policy does not load: " + loaded.error().describe());
  session.phases = std::move(loaded).value();
  Vm& vm = session.phases->vm();
  Status opened = vm.protect([&](lua_State* L) { open_spec_vocabulary(L, session); });
  if (!opened.ok()) return session.failed.push_back(opened.error().describe());

  Vm::Thread thread = vm.acquire();
  const std::string& text = *source->find(path);
  const std::string name = "@" + source->shown(path);
  if (luaL_loadbufferx(thread.state, text.data(), text.size(), name.c_str(), "t") != 0) {
    session.failed.emplace_back(lua_tostring(thread.state, -1));
    return vm.release(thread, true);
  }
  Vm::Run run = vm.resume(thread, 0);
  int waits = 0;
  while (run == Vm::Run::kWaiting) {
    const auto wait = vm.take_wait();
    if (!session.bench.run(wait->run())) {
      session.failed.emplace_back("the test waits for something that never comes");
      return;
    }
    if (++waits > kMaxWaits || !go_on()) {
      session.failed.emplace_back("the test waited too often or took too long");
      vm.release(thread, true);
      session.end_exchange();
      return;
    }
    run = vm.resume_with(thread, *wait);
  }
  if (run == Vm::Run::kFailed) {
    session.failed.push_back(vm.failure().message);
    session.failed.back() += "\n" + vm.failure().traceback;
  }
  vm.release(thread, run != Vm::Run::kFinished);
  session.end_exchange();
}

bool names(std::string_view given, std::string_view path) {
  const std::string_view file = path.substr(kFolder.size());
  return given == file || given.ends_with("/" + std::string(file));
}

void add_result(PolicyTestReport& report, const SpecSession& session) {
  for (const std::string& name : session.passed) report.text += "  ok    " + name + "\n";
  for (const std::string& name : session.failed) report.text += "  FAIL  " + name + "\n";
  if (!session.failed.empty()) report.text += "  The log of this file:\n" + session.bench.log_text();
  report.passed += static_cast<int>(session.passed.size());
  report.failed += static_cast<int>(session.failed.size());
}

}  // namespace

PolicyTestReport report_policy_tests(const std::string& dir, const std::vector<std::string>& files) {
  PolicyTestReport report;
  auto source = PolicySource::read(dir);
  if (!source.ok()) {
    report.failed = 1;
    report.text = source.error().describe() + "\n";
    return report;
  }
  return report_policy_tests(*source, files, [] { return true; });
}

PolicyTestReport report_policy_tests(const std::shared_ptr<const PolicySource>& source, const std::vector<std::string>& files,
                                     const std::function<bool()>& go_on) {
  PolicyTestReport report;
  Watchdog watchdog(kBudgetMs);
  const auto watched = watchdog.watch_this_thread();
  std::vector<bool> used(files.size(), false);
  for (const auto& [path, text] : source->files()) {
    if (!path.starts_with(kFolder)) continue;
    bool wanted = files.empty() && path.ends_with("_spec.lua");
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (names(files[i], path)) wanted = used[i] = true;
    }
    if (!wanted) continue;
    if (!go_on()) {
      ++report.failed;
      report.text += "The tests took too long and were ended before " + source->shown(path) + "\n";
      break;
    }
    report.text += source->shown(path) + "\n";
    SpecSession session;
    run_file(source, path, *watched, session, go_on);
    add_result(report, session);
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (used[i]) continue;
    ++report.failed;
    report.text += files[i] + ": no such file in the policy's spec folder\n";
  }
  report.text += std::to_string(report.passed) + " passed, " + std::to_string(report.failed) + " failed\n";
  return report;
}

int run_policy_tests(const std::string& dir, const std::vector<std::string>& files) {
  const PolicyTestReport report = report_policy_tests(dir, files);
  std::fputs(report.text.c_str(), stdout);
  return report.failed == 0 ? 0 : 1;
}

}  // namespace moongate
