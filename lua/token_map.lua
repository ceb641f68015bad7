-- What proves us to the provider? Runs before each attempt; the caller's own credential never
-- travels.
--
-- map(request, identity, route) returns a header's name and its value, or
-- request:reject(status, message). `route` is the account that will be tried.

local token = moon.accounts.token

local M = {}

local HEADER = {
  anthropic_api_key = "x-api-key",
  gemini_api_key = "x-goog-api-key",
  google_service_account = "authorization",
}

local UNAVAILABLE = "The gateway could not obtain its credential for the provider; "
  .. "try again shortly."

function M.map(request, _identity, route)
  -- An API key as it is; for a Google service account "Bearer " and an access token, which is
  -- minted (and waited for) when none is in hand.
  local value, why = token(route)
  if not value then
    local fields = { request_id = request:id(), account = route:name(), reason = why }
    moon.log.error("no credential for an account", fields)
    return request:reject(503, UNAVAILABLE, 5)
  end
  return HEADER[route:kind()], value
end

return M
