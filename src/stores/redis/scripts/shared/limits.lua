-- The limits of a call, and what they say of a record.

-- Those on wrong checks, and how many ended verifications are told of.
local function read_check_limits(packed)
  local limits = {}
  limits.max_ended, limits.lock_after, limits.lock_for_ms, limits.max_wrong_checks, limits.window_ms = struct.unpack('>I6I6I6I6I6', packed)
  return limits
end

-- Lets go of what no longer counts, and adds now.
local function add_time(times, window_ms, now, token)
  local kept = { until_at = math.max(times.until_at, now + window_ms) }
  for _, time in ipairs(times) do
    if time.at > now - window_ms then kept[#kept + 1] = time end
  end
  kept[#kept + 1] = { at = now, token = token or '' }
  return kept
end

local function is_spent(times, max, window_ms, now)
  local blocking = times[#times - max + 1]
  return blocking ~= nil and blocking.at + window_ms > now
end

local function is_blocked(record, limits)
  local locked = record.wrong_in_row >= limits.lock_after and record.wrong_in_row_until > record.now
  return locked or is_spent(record.wrong_checks, limits.max_wrong_checks, limits.window_ms, record.now)
end

-- Names the key of the code, its digits, and its digest.
local function read_secret(packed)
  local key_id, code_length, digest = struct.unpack('>I2c0BBc0', packed)
  return key_id, code_length, digest
end
