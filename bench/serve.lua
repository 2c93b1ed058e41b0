-- SPDX-License-Identifier: Apache-2.0
-- For wrk, with one thread: POST each file of the list once, and end when all are answered. Connections that have
-- nothing to send any more ask for /healthz ten times a second. Environment: TOKEN, FILES (one a line).
local ffi = require("ffi")
ffi.cdef("typedef struct { long s, ns; } pare_time; int clock_gettime(int, pare_time *);")

local posts, health, sent, answered, began = {}, nil, -1, 0, nil

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

-- wrk calls it once before it begins, and does not send that.
function request()
  sent = sent + 1
  if sent == 0 then return health end
  began = began or now()
  return posts[sent] or health
end

function delay()
  return sent < #posts and 0 or 100
end

function response(status, headers)
  if not headers["X-Pare-Outcome"] then
    if status == 200 and sent > #posts then return end
    io.write("pare: an answer without an image, ", status, "\n")
    os.exit(1)
  end
  answered = answered + 1
  if answered < #posts then return end
  io.write(string.format("pare %d %.3f\n", answered, now() - began))
  io.flush()
  os.exit(0)
end
