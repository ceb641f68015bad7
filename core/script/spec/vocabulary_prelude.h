// The part of the vocabulary of policy tests that is Lua.
#pragma once

namespace moongate {

inline constexpr char kSpecPrelude[] = R"lua(
local bench, passed, failed = ...

local names = {}

local function describe(name, body)
  names[#names + 1] = name
  body()
  names[#names] = nil
end

local function it(name, body)
  local full = table.concat(names, " ") .. (names[1] and " " or "") .. name
  local ok, why = pcall(body)
  bench.reset()
  if ok then passed(full) else failed(full, tostring(why)) end
end

local function show(value)
  if type(value) == "string" then return string.format("%q", value) end
  if type(value) == "table" then
    local ok, text = pcall(moon.json.encode, value)
    if ok then return text end
  end
  return tostring(value)
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function expect(value)
  local function check(ok, ...)
    if not ok then error(table.concat({ "expected ", ... }) .. ", got " .. show(value), 3) end
  end
  return {
    to_be = function(other) check(value == other, show(other)) end,
    not_to_be = function(other) check(value ~= other, "anything but ", show(other)) end,
    to_be_nil = function() check(value == nil, "nothing") end,
    to_equal = function(other) check(same(value, other), show(other)) end,
    to_contain = function(text)
      check(type(value) == "string" and value:find(text, 1, true) ~= nil, "a text with ", show(text))
    end,
    to_match = function(pattern)
      check(type(value) == "string" and value:find(pattern) ~= nil, "a text that matches ", show(pattern))
    end,
  }
end

local function case(spec)
  bench.reset()
  for credential, identity in pairs(spec.clients or {}) do
    if type(identity) == "table" then identity = moon.clients.identity(identity) end
    bench.client(credential, identity)
  end
  bench.accounts(spec.accounts or {})
  bench.http(spec.http)
  bench.map(spec.map and moon.json.encode(spec.map) or "")
  bench.tokens_fail(spec.tokens_fail or false)
  return {
    send = function(_, request)
      local copy = {}
      for key, value in pairs(request) do copy[key] = value end
      if type(copy.body) == "table" then copy.body = moon.json.encode(copy.body) end
      return bench.send(copy)
    end,
    respond = function(_, response) return bench.respond(response.status or 200, response.headers or {}) end,
    event = function(_, text) return bench.event(text) end,
    finish = function(_, outcome) return bench.finish(outcome or {}) end,
    advance = function(_, seconds) return bench.advance(seconds) end,
    log = function() return bench.log() end,
    metric = function(_, name) return bench.metric(name) end,
    fetches = function() return bench.fetches() end,
  }
end

return describe, it, expect, case
)lua";

}  // namespace moongate
