// The verbs beside serving: `moongate check`, `moongate policy test`, `moongate admin-token`.
#pragma once

#include "app/command_line.h"

namespace moongate {

// Prints every problem of settings, map, credentials and policy. The exit status: 0, or 1 if something is wrong.
int run_check(const CommandLine& command);
int run_policy_test(const CommandLine& command);
// Replaces the admin token in the store (also of a gateway that runs on it) and prints the new one.
int run_admin_token(const CommandLine& command);

}  // namespace moongate
