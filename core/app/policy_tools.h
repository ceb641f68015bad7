// `moongate check` and `moongate policy test`.
#pragma once

#include "app/command_line.h"

namespace moongate {

// Prints every problem of settings, map, credentials and policy. The exit status: 0, or 1 if something is wrong.
int run_check(const CommandLine& command);
int run_policy_test(const CommandLine& command);

}  // namespace moongate
