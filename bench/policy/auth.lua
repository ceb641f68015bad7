-- lua/auth.lua with one Redis GET for each request in front of it: the caller must stand in
-- Redis as well.
local default = require "auth_without_redis"

local get = moon.cache.get

local M = {}

function M.authenticate(request)
  local key = request:credential()
  if not key then
    return request:reject(401, "There is no credential in this request.")
  end
  local state, problem = get("client:" .. key)
  if problem then
    return request:reject(503, "Redis cannot be asked.")
  elseif state ~= "enabled" then
    return request:reject(401, "This credential is not valid here.")
  end
  return default.authenticate(request)
end

return M
