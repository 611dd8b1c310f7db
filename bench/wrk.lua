-- The request mix of the benchmark: mostly small JSON, some large answers, some that are missing.
-- Each thread draws from its own seeded sequence, so that two runs ask for the same things.
local counter = 0

function setup(thread)
  thread:set("seed", counter)
  counter = counter + 1
end

function init()
  math.randomseed(20240 + seed)
end

function request()
  local draw = math.random(1000)
  local id = math.random(100000)
  if draw <= 42 then
    return wrk.format("GET", "/static/catalogue.json?page=" .. id)
  elseif draw <= 75 then
    return wrk.format("GET", "/api/missing/" .. id)
  elseif draw <= 300 then
    local body = '{"order":' .. id .. ',"quantity":' .. (id % 9 + 1) .. ',"note":"as agreed"}'
    return wrk.format("POST", "/api/orders", { ["Content-Type"] = "application/json" }, body)
  elseif draw <= 600 then
    return wrk.format("GET", "/api/orders/" .. id)
  else
    return wrk.format("GET", "/api/customers/" .. id .. "?fields=name,address")
  end
end
