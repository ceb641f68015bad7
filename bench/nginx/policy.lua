-- luacheck: globals ngx
-- The bench's policy for nginx: the caller's key among 1,000, the account by the model in the
-- body, the account's credential in place of the caller's.
local cjson = require "cjson.safe"
local redis = require "nginx.redis"

local accounts = {
  ["claude-sonnet-4-5"] = { upstream = "account_1", key = "bench-account-key-1" },
  ["claude-opus-4-5"] = { upstream = "account_2", key = "bench-account-key-2" },
  ["claude-haiku-4-5"] = { upstream = "account_3", key = "bench-account-key-3" },
}

local function reject(status, kind, message)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.say(cjson.encode({ type = "error", error = { type = kind, message = message } }))
  return ngx.exit(status)
end

local function from_redis(key, port)
  local link = redis:new()
  link:set_timeout(1000)
  local ok, problem = link:connect("127.0.0.1", port)
  if not ok then
    return nil, problem
  end
  local value
  value, problem = link:get("client:" .. key)
  link:set_keepalive(60000, 64)
  if value == ngx.null then
    return nil
  end
  return value, problem
end

-- cached: the shared dictionary is asked first, Redis only for a key that is not in it.
-- Otherwise Redis each time.
local function authenticate(redis_port, cached)
  local authorization = ngx.var.http_authorization
  local key = authorization and authorization:match("^Bearer (.+)$") or ngx.var.http_x_api_key
  if not key then
    return nil
  end
  if not cached then
    return from_redis(key, redis_port)
  end
  local clients = ngx.shared.clients
  local client = clients:get(key)
  if not client then
    client = from_redis(key, redis_port)
    if client then
      clients:set(key, client, 300)
    end
  end
  return client
end

return function(redis_port, cached)
  if authenticate(redis_port, cached) ~= "enabled" then
    return reject(401, "authentication_error", "invalid x-api-key")
  end
  ngx.req.read_body()
  -- The first "model" of the text: decoding a body of 200 kB with lua-cjson takes another 500 us.
  local model = (ngx.req.get_body_data() or ""):match('"model"%s*:%s*"([^"]+)"')
  local account = model and accounts[model]
  if not account then
    return reject(404, "not_found_error", "unknown model")
  end
  ngx.var.account = account.upstream
  ngx.var.account_key = account.key
end
