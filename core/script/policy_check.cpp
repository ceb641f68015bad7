#include "script/policy_check.h"

#include <charconv>

#include "script/vm/lua_headers.h"

namespace moongate {
namespace {

// "lua/route.lua:12: what" as file, line and what.
PolicyFault fault_of(const PolicySource& source, const std::string& message) {
  std::size_t first = message.npos;
  PolicyFault fault{"", 0, message};
  for (const auto& [path, text] : source.files()) {
    const std::string shown = source.shown(path) + ":";
    const std::size_t at = message.find(shown);
    if (at >= first) continue;  // also when it is not there
    first = at;
    fault = {path, 0, message};
    const char* digits = message.data() + at + shown.size();
    const auto [end, wrong] = std::from_chars(digits, message.data() + message.size(), fault.line);
    if (wrong != std::errc()) fault.line = 0;
    const std::size_t behind = wrong != std::errc() ? at + shown.size() : static_cast<std::size_t>(end - message.data()) + 1;
    if (at == 0 && behind < message.size()) fault.message = message.substr(message.find_first_not_of(' ', behind));
  }
  return fault;
}

}  // namespace

std::string lua_version() { return LUAJIT_VERSION; }

std::vector<PolicyFault> find_policy_faults(std::shared_ptr<const PolicySource> source, const VmOptions& options,
                                            WatchedThread* watched, ScriptServices& services) {
  std::vector<PolicyFault> faults;
  auto vm = Vm::create(options, watched, source);
  if (!vm) return {{"", 0, vm.error().describe()}};
  for (const auto& [path, text] : source->files()) {
    const std::string name = "@" + source->shown(path);
    const Status compiled = (*vm)->protect([&](lua_State* L) {
      if (luaL_loadbufferx(L, text.data(), text.size(), name.c_str(), "t") != 0) lua_error(L);
    });
    if (!compiled) faults.push_back(fault_of(*source, compiled.error().message));
  }
  vm->reset();  // its memory, before the policy takes as much
  if (!faults.empty()) return faults;
  auto phases = LuaPhases::load(source, options, watched, services);
  if (!phases) faults.push_back(fault_of(*source, phases.error().message));
  return faults;
}

}  // namespace moongate
