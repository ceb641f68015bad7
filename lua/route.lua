-- Where does a request go? Runs once its model is known, from the path or from the body.
--
-- select(request, identity) returns one or more accounts, or tables
-- {provider =, account =, model =, location =}, the preferred one first: the next is tried when it
-- cannot be reached. Or request:reject(status, message).

local dialects = require("moongate.dialects")
local routes = require("moongate.routes")

local providers_for = dialects.providers_for

local M = {}

function M.select(request, identity)
  -- Whoever speaks the caller's own language first, then who can be spoken to in translation.
  return routes.pick(request, identity, providers_for(request, identity))
end

return M
