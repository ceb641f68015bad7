-- What the path of a request says about it: whose language it speaks, and who may answer.

local M = {}

-- The service that a path belongs to, as clients[].service_type in the map names it. OpenAI's paths
-- are nobody's: there the model decides, see M.providers_for.
M.service = {
  anthropic = "anthropic",
  vertex = "google",
  ["vertex-claude"] = "google",
  gemini = "google",
}

-- Who may answer, the one that speaks the caller's own language first.
M.providers = {
  anthropic = { "anthropic", "vertex-claude" },
  ["vertex-claude"] = { "vertex-claude", "anthropic" },
  vertex = { "vertex", "gemini" },
  gemini = { "gemini", "vertex" },
}

-- On OpenAI's paths everybody is spoken to in translation, so whose model it is decides, and a
-- credential for one service reaches no other.
local claude = {
  any = { "anthropic", "vertex-claude" },
  anthropic = { "anthropic", "vertex-claude" },
  google = { "vertex-claude" },
}
local google = {
  any = { "gemini", "vertex" },
  google = { "gemini", "vertex" },
}

-- The providers for a request, or nil where its credential is for none of them.
function M.providers_for(request, identity)
  local dialect = request:dialect()
  if dialect ~= "openai" then
    return M.providers[dialect]
  end
  local of_model = (request:model() or ""):find("^claude") and claude or google
  return of_model[identity:service_type()]
end

return M
