-- The limits of a call, and what they say of a record.

-- Those on wrong checks, and how many ended verifications are told of.
local function read_check_limits(packed)
  local max_ended, lock_after, lock_for_ms, max_wrong_checks, window_ms = unpack_bytes('>I6I6I6I6I6', packed)
  return {
    max_ended = max_ended, lock_after = lock_after, lock_for_ms = lock_for_ms, max_wrong_checks = max_wrong_checks, window_ms = window_ms,
  }
end

local function wrong_in_row(record)
  local part = record.parts.r
  return part ~= '' and unpack_bytes('>I4', part, until_bytes + 1) or 0
end

local function set_wrong_in_row(record, count, until_at)
  set_part(record, 'r', count > 0 and pack('>I6I4', until_at, count) or '')
end

local function is_blocked(record, limits)
  local in_row = wrong_in_row(record)
  if in_row > 0 and in_row >= limits.lock_after then return true end
  return is_spent(record.parts.w, time_bytes + token_bytes, limits.max_wrong_checks, limits.window_ms, record.now)
end

-- Names the key of the code, its digits, and its digest.
local function read_secret(packed)
  local key_id, code_length, digest = unpack_bytes('>I2c0BBc0', packed)
  return key_id, code_length, digest
end
