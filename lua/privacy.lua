-- What must not travel? Headers that tell the provider about the caller, and the caller about the
-- provider's account or the machines in between. Hop-by-hop headers, Host and every credential are
-- the core's own business.
--
-- request(request) runs before each attempt, response(response) when the provider's head is there.
-- They return nothing.

local M = {}

local ON_THE_WAY_OUT = moon.header_set({
  -- where the caller sits
  "forwarded", "x-forwarded", "x-forwarded-*", "via", "x-real-ip", "x-client-ip", "client-ip",
  "x-cluster-client-ip", "true-client-ip", "fastly-client-ip", "x-original-*", "cf-*", "cdn-loop",
  "x-envoy-*", "x-appengine-*", "x-amzn-*", "x-azure-*",
  -- who the caller is elsewhere
  "cookie", "cookie2", "origin", "referer", "sec-*", "dnt", "x-goog-user-project",
  -- which of the caller's own requests this is
  "traceparent", "tracestate", "baggage", "b3", "x-b3-*", "x-cloud-trace-context", "x-request-id",
  "x-correlation-id",
})

-- What is not in this list stays: clients go by retry-after, retry-after-ms, x-should-retry,
-- anthropic-ratelimit-*, request-id and x-goog-upload-*.
local ON_THE_WAY_BACK = moon.header_set({
  "server", "via", "x-powered-by", "set-cookie", "set-cookie2", "alt-svc", "cf-*", "nel",
  "report-to", "server-timing", "strict-transport-security", "x-served-by", "x-cache", "x-cache-*",
  "x-timer", "x-envoy-*", "x-amzn-*", "x-cloud-trace-context", "anthropic-organization-id",
})

function M.request(request)
  request:strip(ON_THE_WAY_OUT)
end

function M.response(response)
  response:strip(ON_THE_WAY_BACK)
end

return M
