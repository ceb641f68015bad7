-- What the path of a request says about it: whose language it speaks, and who may answer.

local M = {}

-- The service that a path belongs to, as clients[].service_type in the map names it.
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

return M
