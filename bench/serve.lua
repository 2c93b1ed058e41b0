-- SPDX-License-Identifier: Apache-2.0
-- For wrk: POST the files of the list, in turn. Each thread begins at another. Environment: TOKEN, FILES (one a line).
local bodies, at, bad = {}, 0, 0
local threads = {}

function setup(thread)
  thread:set("first", #threads)
  table.insert(threads, thread)
end

function init()
  for path in io.lines(os.getenv("FILES")) do
    local file = assert(io.open(path, "rb"))
    bodies[#bodies + 1] = file:read("*a")
    file:close()
  end
  at = first
  wrk.method = "POST"
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
end

function request()
  at = at + 1
  return wrk.format(nil, nil, nil, bodies[(at - 1) % #bodies + 1])
end

function done(summary)
  local e = summary.errors
  io.write(string.format("pare %d %.3f %d\n", summary.requests, summary.duration / 1e6,
                         e.connect + e.read + e.write + e.status + e.timeout))
end
