describe("map", function()
  local function send(account, path, extra)
    local spec = { clients = { key = { client = "one" } }, accounts = { account } }
    for key, value in pairs(extra or {}) do spec[key] = value end
    local gateway = case(spec)
    local headers = { ["x-api-key"] = "key" }
    return gateway:send({ path = path, headers = headers, body = { model = "m" } }), gateway
  end

  it("sends an Anthropic key as x-api-key", function()
    local answer = send({ name = "a.json", provider = "anthropic" })
    expect(answer.credential_header).to_be("x-api-key")
    expect(answer.credential).to_be("key-of-a.json")
  end)

  it("sends a Gemini key as x-goog-api-key", function()
    local account = { name = "g.json", provider = "gemini" }
    local answer = send(account, "/v1beta/models/m:generateContent")
    expect(answer.credential_header).to_be("x-goog-api-key")
    expect(answer.credential).to_be("key-of-g.json")
  end)

  it("mints a token for a Google service account", function()
    local account = { name = "v.json", provider = "vertex" }
    local answer = send(account, "/v1beta/models/m:generateContent")
    expect(answer.credential_header).to_be("authorization")
    expect(answer.credential).to_be("Bearer token-of-v.json")
  end)

  it("rejects and logs when no token can be had, without telling the caller why", function()
    local account = { name = "v.json", provider = "vertex" }
    local path = "/v1beta/models/m:generateContent"
    local answer, gateway = send(account, path, { tokens_fail = true })
    expect(answer.rejected.status).to_be(503)
    expect(answer.rejected.retry_after).to_be(5)
    expect(answer.rejected.message:find("invalid_grant")).to_be_nil()
    expect(gateway:log()).to_contain("invalid_grant")
  end)
end)
