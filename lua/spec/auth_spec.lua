describe("authenticate", function()
  local gateway

  local function open()
    gateway = case({
      clients = {
        ["key-any"] = { client = "any" },
        ["key-google"] = { client = "google", service_type = "google" },
        ["key-anthropic"] = { client = "anthropic", service_type = "anthropic" },
      },
      accounts = {
        { name = "main.json", provider = "anthropic" },
        { name = "vertex.json", provider = "vertex" },
        { name = "claude.json", provider = "vertex-claude" },
        { name = "gemini.json", provider = "gemini" },
      },
    })
    return gateway
  end

  local claude = { model = "claude-sonnet-4-5", max_tokens = 1 }
  local gemini = "/v1beta/models/gemini-2.5-pro:generateContent"
  local vertex = "/v1/projects/p/locations/global/publishers/"

  it("refuses a request without a credential and says where to put one", function()
    local answer = open():send({ body = claude })
    expect(answer.rejected.status).to_be(401)
    expect(answer.rejected.message).to_contain("x-api-key")
    expect(answer.rejected.message).to_contain("Authorization: Bearer")
  end)

  it("refuses a credential that nobody has", function()
    local answer = open():send({ headers = { ["x-api-key"] = "key-none" }, body = claude })
    expect(answer.rejected.status).to_be(401)
    expect(answer.rejected.reason).to_be("API_KEY_INVALID")
  end)

  it("finds the credential wherever a client puts it", function()
    for _, place in ipairs({ "x-api-key", "x-goog-api-key", "x-auth-token", "authorization" }) do
      local value = place == "authorization" and "Bearer key-any" or "key-any"
      local answer = open():send({ headers = { [place] = value }, body = claude })
      expect(answer.rejected).to_be_nil()
      expect(answer.client).to_be("any")
    end
    expect(open():send({ path = gemini .. "?key=key-any" }).client).to_be("any")
  end)

  it("refuses a token of the other service", function()
    local answer = open():send({ headers = { ["x-api-key"] = "key-google" }, body = claude })
    expect(answer.rejected.status).to_be(403)
    expect(answer.rejected.message).to_contain("google")
    for _, path in ipairs({
      gemini,
      vertex .. "google/models/gemini-2.5-pro:generateContent",
      vertex .. "anthropic/models/claude-opus-4-6:rawPredict",
    }) do
      local key = { ["x-goog-api-key"] = "key-anthropic" }
      expect(open():send({ path = path, headers = key }).rejected.status).to_be(403)
      key = { ["x-goog-api-key"] = "key-google" }
      expect(open():send({ path = path, headers = key }).rejected).to_be_nil()
    end
  end)

  it("lets a credential be used only from its addresses", function()
    local bench = case({
      clients = {
        ["key-here"] = { client = "here", terms = { ip_allow = { "192.0.2.0/24", "::1" } } },
        ["key-there"] = { client = "there", terms = { ip_allow = { "203.0.113.0/24" } } },
      },
      accounts = { { name = "main.json", provider = "anthropic" } },
    })
    local here = bench:send({ headers = { ["x-api-key"] = "key-here" }, body = claude })
    expect(here.rejected).to_be_nil()
    local there = bench:send({ headers = { ["x-api-key"] = "key-there" }, body = claude })
    expect(there.rejected.status).to_be(403)
    expect(there.rejected.reason).to_be("API_KEY_IP_ADDRESS_BLOCKED")
  end)
end)
