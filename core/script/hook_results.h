// What hooks return, read strictly: whatever is not exactly right fails the hook, and a failed hook fails
// closed.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "config/snapshot.h"
#include "proxy/exchange.h"
#include "script/handles.h"

namespace moongate {

// All read the values on the stack (all of it), raise nothing and change nothing in the stack's lower part.
// Errors are kInvalid and say what was wanted.

// authenticate: an identity, or a table {client = "name", kind =, service_type =, providers =, models =,
// gemini_accounts =, claude_accounts =}.
Result<std::shared_ptr<const Identity>> read_identity(lua_State* co);
// A table like that, at `index`.
Result<std::shared_ptr<const Identity>> read_identity_table(lua_State* L, int index);

// select: one or more routes, each an account, or a table {provider =, account =, model =, location =}; or
// one table that lists such.
Status read_routes(lua_State* co, const Snapshot& snapshot, std::vector<Route>& routes);

// map: a header name (a view into the string on the stack) and its value, a string or a secret; `value` is
// written only when both are right.
Status read_credential(lua_State* co, std::string_view& header, Secret& value);

// privacy and filters: nothing, or the handle that they were given.
Status expect_nothing_but(lua_State* co, HandleKind kind);

// event: the event, or text in its place; nil or false drops it.
Status read_event(lua_State* co, Exchange& exchange);

// log's second argument.
void push_outcome(lua_State* L, const Exchange& exchange);

}  // namespace moongate
