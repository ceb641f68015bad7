-- lua/auth.lua with one Redis GET for each request in front of it: the caller must stand in
-- Redis as well.
local default = require "auth_without_redis"

local auth = {}

function auth.authenticate(request)
  local authorization = request.headers["authorization"]
  local key = authorization and authorization:match("^Bearer (.+)$")
  if not key or moon.cache.get("client:" .. key) ~= "enabled" then
    return request:reject(401, "invalid key")
  end
  return default.authenticate(request)
end

return auth
