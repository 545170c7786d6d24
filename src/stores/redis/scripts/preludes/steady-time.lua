-- Time that never goes back and never stands still, for each key on its own: docs/decisions/0008-time-goes-on.md says why.

local clock_now

-- Milliseconds since the epoch: the server's, or what a test injects. Read once: all keys of an act have one time.
local function read_clock(injected)
  if clock_now then return clock_now end
  if injected ~= '' then
    clock_now = tonumber(injected)
  else
    local time = redis.call('TIME')
    clock_now = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return clock_now
end

-- For how long a key is kept of which something counts for so long. It ends by the server's clock: where a test stands in for that, the key must
-- outlast the test.
local function kept_ms(span_ms, injected)
  return injected ~= '' and span_ms + 60000 or span_ms
end

-- clock: what it says now; latest, ahead: what the key was last written with
-- returns the time to act at, and how far that is ahead of the clock
local function steady(clock, latest, ahead)
  if clock >= latest then return clock, 0 end
  if clock + ahead < latest then return latest, latest - clock end
  return clock + ahead, ahead
end
