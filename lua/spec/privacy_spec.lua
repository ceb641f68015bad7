describe("privacy", function()
  local function open()
    return case({ clients = { key = { client = "one" } }, accounts = { { name = "a.json" } } })
  end

  it("keeps the caller's surroundings from the provider", function()
    local answer = open():send({
      headers = {
        ["x-api-key"] = "key",
        ["X-Forwarded-For"] = "203.0.113.7",
        ["X-Forwarded-Anything"] = "x",
        Forwarded = "for=203.0.113.7",
        Via = "1.1 office",
        ["X-Real-IP"] = "203.0.113.7",
        ["CF-Connecting-IP"] = "203.0.113.7",
        ["True-Client-IP"] = "203.0.113.7",
        Cookie = "session=1",
        Referer = "https://intranet.example/",
        traceparent = "00-1-2-01",
        ["anthropic-beta"] = "one,two",
        ["User-Agent"] = "sdk/1",
      },
      body = { model = "m" },
    })
    for name in pairs(answer.headers) do
      local known = { host = true, ["x-api-key"] = true, ["anthropic-beta"] = true,
        ["user-agent"] = true, ["content-length"] = true }
      expect(known[name] or name).to_be(true)
    end
    expect(answer.headers["anthropic-beta"]).to_be("one,two")
    expect(answer.headers["user-agent"]).to_be("sdk/1")
  end)

  it("keeps the provider's account from the caller, and passes what clients go by", function()
    local gateway = open()
    gateway:send({ headers = { ["x-api-key"] = "key" }, body = { model = "m" } })
    local headers = gateway:respond({
      status = 429,
      headers = {
        Server = "cloudflare",
        Via = "1.1 google",
        ["X-Powered-By"] = "x",
        ["Set-Cookie"] = "a=b",
        ["Alt-Svc"] = "h3",
        ["CF-Ray"] = "1",
        ["anthropic-organization-id"] = "org",
        ["Retry-After"] = "3",
        ["retry-after-ms"] = "3000",
        ["x-should-retry"] = "true",
        ["anthropic-ratelimit-requests-remaining"] = "9",
        ["request-id"] = "req_1",
      },
    })
    expect(headers).to_equal({
      ["retry-after"] = "3",
      ["retry-after-ms"] = "3000",
      ["x-should-retry"] = "true",
      ["anthropic-ratelimit-requests-remaining"] = "9",
      ["request-id"] = "req_1",
    })
  end)
end)
