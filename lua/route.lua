-- Where does a request go? Runs once its model is known, from the path or from the body.
--
-- select(request, identity) returns one or more accounts, or tables
-- {provider =, account =, model =, location =}, the preferred one first: the next is tried when it
-- cannot be reached. Or request:reject(status, message).

local dialects = require("moongate.dialects")

local pick = moon.accounts.pick
local providers_of = dialects.providers

local M = {}

local function refusal(request, why)
  if why == "forbidden" then
    return 403, "This credential may not use the providers that serve this path."
  elseif why == "unsupported" then
    return 404, "No provider behind this gateway serves this operation."
  end
  local model = request:model()
  if model then
    return 404, "model: " .. model .. " (no account of this gateway serves it)"
  end
  return 404, "No account of this gateway serves this path."
end

-- `first` and what follows is what pick has found, the preferred account in front; or nil and the
-- reason why there is none.
local function routes_or_refusal(request, first, ...)
  if first then
    return first, ...
  end
  return request:reject(refusal(request, (...)))
end

function M.select(request, identity)
  local model = request:model()
  if not identity:allows_model(model) then
    return request:reject(403, "This credential may not use the model " .. model .. ".")
  end
  local order = providers_of[request:dialect()]
  if not order then
    return request:reject(404, "No provider behind this gateway serves this path.")
  end
  return routes_or_refusal(request, pick(request, identity, order[1], order[2]))
end

return M
