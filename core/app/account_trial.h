// Whether an account works, found out by asking its provider something small that costs nothing.
#pragma once

#include <memory>

#include "control/operator_hooks.h"
#include "proxy/worker.h"

namespace moongate {

// Mints a token where one is needed, then lists one model or counts the tokens of a short text. On the worker's thread;
// ends by itself within a quarter of a minute.
Task<AccountTest> try_account(Worker& worker, std::shared_ptr<const Account> account);

}  // namespace moongate
