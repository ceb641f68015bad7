local split = require("moongate.split")

describe("split", function()
  it("spreads the turns by weight", function()
    local turn, counts, line = split.new({ { "a", 2 }, { "b", 1 } }), { a = 0, b = 0 }, {}
    for i = 1, 6 do
      line[i] = turn()
      counts[line[i]] = counts[line[i]] + 1
    end
    expect(table.concat(line)).to_be("abaaba")
    expect(counts).to_equal({ a = 4, b = 2 })
  end)

  it("never gives a turn to a weight of 0", function()
    local turn = split.new({ { "a", 1 }, { "b", 0 } })
    for _ = 1, 5 do expect(turn()).to_be("a") end
  end)

  it("refuses what is no list of names and weights", function()
    for _, bad in ipairs({ {}, { { "a" } }, { { "a", -1 } }, { { "a", 0 } }, { "a" } }) do
      expect(pcall(split.new, bad)).to_be(false)
    end
  end)
end)
