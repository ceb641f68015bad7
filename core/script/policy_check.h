// What is wrong with a policy, without serving by it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "script/lua_phases.h"

namespace moongate {

std::string lua_version();  // "LuaJIT 2.1.0-beta3"

struct PolicyFault {
  std::string file;  // as PolicySource has it; empty: the policy as a whole
  int line = 0;      // 0: of the file
  std::string message;
};

// Every file that is no Lua, whether anything loads it or not; when all are, what LuaPhases::load says against the policy.
// `watched` and `services` as there.
std::vector<PolicyFault> find_policy_faults(std::shared_ptr<const PolicySource> source, const VmOptions& options,
                                            WatchedThread* watched, ScriptServices& services);

}  // namespace moongate
