-- Who is calling? Runs once the head of a request is there, before its body is read.
--
-- authenticate(request) returns an identity, or request:reject(status, message).

local dialects = require("moongate.dialects")

local find = moon.clients.find
local service_of = dialects.service

local M = {}

local HOW = "Send a key or token of this gateway as x-api-key, x-goog-api-key, x-auth-token, "
  .. "?key= or Authorization: Bearer."
local MISSING = "There is no credential in this request. " .. HOW
local INVALID = "This credential is not valid here: unknown, expired or disabled. " .. HOW

function M.authenticate(request)
  local credential = request:credential()
  if not credential then
    return request:reject(401, MISSING, nil, "CREDENTIALS_MISSING")
  end

  -- The map's clients first, then what the token endpoint has issued. Why a credential is not good
  -- is the operator's business: to the caller an unknown one and a disabled one look the same.
  local identity, problem, cause = find(credential)
  if cause == "unavailable" then
    return request:reject(503, problem, 1)
  elseif not identity then
    return request:reject(401, INVALID, nil, "API_KEY_INVALID")
  end

  local service = identity:service_type()
  local of_path = service_of[request:dialect()]
  if service ~= "any" and of_path and service ~= of_path then
    local why = "This credential is for " .. service .. " paths, and this is not one of them."
    return request:reject(403, why, nil, "API_KEY_SERVICE_BLOCKED")
  end

  local address = request:client_address()
  if not identity:allows_address(address) then
    local text = "This credential may not be used from " .. address .. "."
    return request:reject(403, text, nil, "API_KEY_IP_ADDRESS_BLOCKED")
  end
  return identity
end

return M
