-- Taking turns by weight, evenly spread: weights 2 and 1 give a, b, a. Each worker runs its own
-- cycle.

local M = {}

-- split.new({ { "a.json", 90 }, { "b.json", 10 } }) returns a function; each call returns the name
-- whose turn it is.
function M.new(choices)
  local turns, total = {}, 0
  for i, choice in ipairs(choices) do
    local name, weight = choice[1], choice[2]
    assert(type(name) == "string" and type(weight) == "number" and weight >= 0,
      "split.new takes a list of { name, weight }")
    turns[i] = { name = name, weight = weight, owed = 0 }
    total = total + weight
  end
  assert(total > 0, "split.new needs a weight above 0")

  return function()
    local best
    for i = 1, #turns do
      local turn = turns[i]
      turn.owed = turn.owed + turn.weight
      if not best or turn.owed > best.owed then
        best = turn
      end
    end
    best.owed = best.owed - total
    return best.name
  end
end

return M
