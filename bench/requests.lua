-- Makes the requests of one window: wrk -s requests.lua URL FILE SEED. FILE is a Lua table that bench/wrk.py writes.
local asked

function init(arguments)
   asked = dofile(arguments[1])
   math.randomseed(tonumber(arguments[2]))
end

-- An id: uniform, or by Zipf's law in its continuous form, whose distribution function can be turned around.
local function id()
   if asked.skew == 0 then return math.random(asked.largest) end
   local rest = 1 - asked.skew
   return math.floor((((asked.largest + 1) ^ rest - 1) * math.random() + 1) ^ (1 / rest))
end

function request()
   if asked.write and math.random() < asked.share then
      local number, price = id(), string.format("%d.%02d", math.random(1, 999), math.random(0, 99))
      local body = asked.write.body:gsub("{id}", number):gsub("{price}", price)
      return wrk.format(asked.write.method, (asked.write.path:gsub("{id}", number)), asked.write.headers, body)
   end
   local read = asked.reads[math.random(#asked.reads)]
   return read[2] and read[1] .. id() .. read[2] or read[1]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format("window %d %d %d %d %d %d\n", summary.requests, summary.duration, errors.status,
      errors.connect + errors.read + errors.write, errors.timeout, latency:percentile(99)))
end
