-- SPDX-License-Identifier: Apache-2.0
-- For wrk, with one thread: POST each file of the list once, and end when all are answered. What is asked while the
-- last ones are in work costs nothing. Environment: TOKEN, FILES (one a line).
local ffi = require("ffi")
ffi.cdef("typedef struct { long s, ns; } pare_time; int clock_gettime(int, pare_time *);")

local posts, health, sent, answered, bad, began = {}, nil, 0, 0, 0, nil

local function now()
  local time = ffi.new("pare_time")
  ffi.C.clock_gettime(1, time)
  return tonumber(time.s) + tonumber(time.ns) / 1e9
end

function init()
  local headers = { ["Authorization"] = "Bearer " .. os.getenv("TOKEN"), ["Host"] = wrk.headers["Host"] }
  for path in io.lines(os.getenv("FILES")) do
    local file = assert(io.open(path, "rb"))
    posts[#posts + 1] = wrk.format("POST", nil, headers, file:read("*a"))
    file:close()
  end
  health = wrk.format("GET", "/healthz", headers)
end

function request()
  began = began or now()
  sent = sent + 1
  return posts[sent] or health
end

function response(status, headers)
  if not headers["X-Pare-Outcome"] then
    if status ~= 200 then bad = bad + 1 end
    if sent <= #posts or bad > 0 then error("an answer without an image: " .. status) end
    return
  end
  answered = answered + 1
  if answered < #posts then return end
  io.write(string.format("pare %d %.3f\n", answered, now() - began))
  io.flush()
  os.exit(0)
end
