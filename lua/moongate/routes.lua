-- Finding accounts for a request, and saying no in the right words.

local pick = moon.accounts.pick
local unpack = unpack

local M = {}

-- Whether the client may not use the model it asks for; if so, the request is rejected.
function M.forbidden(request, identity)
  local model = request:model()
  if identity:allows_model(model) then
    return false
  end
  request:reject(403, "This credential may not use the model " .. model .. ".")
  return true
end

local function refuse(request, why)
  if why == "forbidden" then
    return request:reject(403, "This credential may not use the providers that serve this path.")
  elseif why == "unsupported" then
    return request:reject(404, "No provider behind this gateway serves this operation.")
  end
  local model = request:model()
  if model then
    return request:reject(404, "model: " .. model .. " (no account of this gateway serves it)")
  end
  return request:reject(404, "No account of this gateway serves this path.")
end

-- `first` and what follows is what pick has found, the preferred account in front; or nil and the
-- reason why there is none.
local function found_or_refused(request, first, ...)
  if first then
    return first, ...
  end
  return refuse(request, (...))
end

-- The accounts that serve the request's model through one of `providers` (a list, the preferred
-- one first), by weight among equals; or the request is rejected: 403 for what the client may not
-- use, 404 for what nobody serves.
function M.pick(request, identity, providers)
  if M.forbidden(request, identity) then
    return
  end
  if not providers then
    return refuse(request, "unsupported")
  end
  return found_or_refused(request, pick(request, identity, unpack(providers)))
end

return M
