describe("select", function()
  local function open(extra)
    local spec = {
      clients = {
        key = { client = "one" },
        few = { client = "few", models = { "claude-haiku-*" } },
        gemini = { client = "gemini", providers = { "gemini" } },
      },
      accounts = {
        { name = "main.json", provider = "anthropic", models = { "claude-*" } },
        { name = "cloud.json", provider = "vertex-claude", models = { "claude-*" } },
        { name = "cloud.json", provider = "vertex", models = { "gemini-*" } },
        { name = "studio.json", provider = "gemini", models = { "gemini-*", "gemma-3" } },
      },
    }
    for key, value in pairs(extra or {}) do spec[key] = value end
    return case(spec)
  end

  local function claude(gateway, key, model)
    return gateway:send({ headers = { ["x-api-key"] = key }, body = { model = model } })
  end
  local function google(gateway, path, key)
    return gateway:send({ path = path, headers = { ["x-goog-api-key"] = key or "key" } })
  end
  local function providers(answer)
    local names = {}
    for i, route in ipairs(answer.routes) do names[i] = route.provider end
    return table.concat(names, " ")
  end

  it("asks the provider of the caller's own language first", function()
    expect(providers(claude(open(), "key", "claude-opus-4-6"))).to_be("anthropic vertex-claude")
    local vertex = "/v1/projects/p/locations/global/publishers/"
    local path = vertex .. "anthropic/models/claude-opus-4-6:rawPredict"
    expect(providers(google(open(), path))).to_be("vertex-claude anthropic")
    path = vertex .. "google/models/gemini-2.5-pro:generateContent"
    expect(providers(google(open(), path))).to_be("vertex gemini")
    path = "/v1beta/models/gemini-2.5-pro:generateContent"
    expect(providers(google(open(), path))).to_be("gemini vertex")
  end)

  it("takes whoever serves the model", function()
    local answer = google(open(), "/v1beta/models/gemma-3:generateContent")
    expect(answer.routes).to_equal({ { provider = "gemini", account = "studio.json" } })
  end)

  it("says 404 and names a model that nobody serves", function()
    local answer = claude(open(), "key", "claudia-1")
    expect(answer.rejected.status).to_be(404)
    expect(answer.rejected.message).to_contain("claudia-1")
  end)

  it("says 403 for a model that this client may not use", function()
    expect(claude(open(), "few", "claude-opus-4-6").rejected.status).to_be(403)
    expect(claude(open(), "few", "claude-haiku-4-5").rejected).to_be_nil()
  end)

  it("says 403 where the client may use no provider of the path", function()
    expect(claude(open(), "gemini", "claude-opus-4-6").rejected.status).to_be(403)
  end)

  local function chat(gateway, key, model)
    local headers = { authorization = "Bearer " .. key }
    local path = "/v1/chat/completions"
    return gateway:send({ path = path, headers = headers, body = { model = model } })
  end

  it("sends an OpenAI client where its model is at home", function()
    expect(providers(chat(open(), "key", "claude-opus-4-6"))).to_be("anthropic vertex-claude")
    expect(providers(chat(open(), "key", "gemini-2.5-pro"))).to_be("gemini vertex")
    expect(chat(open(), "key", "gpt-5").rejected.status).to_be(404)
  end)

  it("keeps a credential for one service to it on OpenAI's paths, too", function()
    local gateway = open({
      clients = {
        google = { client = "google", service_type = "google" },
        anthropic = { client = "anthropic", service_type = "anthropic" },
      },
    })
    local claude_model = "claude-opus-4-6"
    expect(providers(chat(gateway, "google", claude_model))).to_be("vertex-claude")
    expect(providers(chat(gateway, "anthropic", claude_model))).to_be("anthropic vertex-claude")
    expect(chat(gateway, "anthropic", "gemini-2.5-pro").rejected.status).to_be(404)
  end)

  it("takes turns by weight", function()
    local gateway = case({
      clients = {
        key = {
          client = "one",
          claude_accounts = { { name = "a.json", weight = 2 }, { name = "b.json", weight = 1 } },
        },
      },
      accounts = { { name = "a.json" }, { name = "b.json" } },
    })
    local turns = {}
    for i = 1, 6 do turns[i] = claude(gateway, "key", "claude-opus-4-6").routes[1].account end
    expect(table.concat(turns, " ")).to_be("a.json b.json a.json a.json b.json a.json")
  end)
end)
