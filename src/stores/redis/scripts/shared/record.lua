-- The record of one number in a script, and what src/stores/record.ts does to it at every act. That file says why, and its names are the names
-- here.

local version = 1
local max_field_bytes = 64
local no_token = string.rep('\0', 6)

-- Places in `endedStatuses` (src/stores/redis/record-fields.ts).
local approved, expired, canceled, superseded, max_checks_reached, failed = 0, 1, 2, 3, 4, 5

-- Every field of the record but the time: a flat list as HGETALL gives it, and a table.
local function write_fields(record)
  local flat, fields = {}, {}
  local function put(letter, text)
    for from = 1, #text, max_field_bytes do
      local name = letter .. (from == 1 and '0' or math.floor(from / max_field_bytes))
      fields[name] = text:sub(from, from + max_field_bytes - 1)
      flat[#flat + 1] = name
      flat[#flat + 1] = fields[name]
    end
  end
  put('s', write_times(record.sends))
  put('a', write_times(record.attempts))
  put('w', write_times(record.wrong_checks))
  if record.wrong_in_row > 0 then put('r', pack('>I4I6', record.wrong_in_row, record.wrong_in_row_until)) end
  if record.verified then put('v', pack('>I6I6', record.verified.at, record.verified.until_at)) end
  put('l', write_live(record.live))
  put('e', write_ended(record.ended))
  return flat, fields
end

-- When nothing of the record counts any more.
local function ends_at(record)
  local at = 0
  for _, live in ipairs(record.live) do at = math.max(at, live.expires_at + live.keep_ms) end
  for _, ended in ipairs(record.ended) do at = math.max(at, ended.until_at) end
  if record.verified then at = math.max(at, record.verified.until_at) end
  for _, times in ipairs({ record.sends, record.attempts, record.wrong_checks }) do
    if #times > 0 then at = math.max(at, times.until_at) end
  end
  if record.wrong_in_row > 0 then at = math.max(at, record.wrong_in_row_until) end
  return at
end

-- The only way out of pending. The secret of its code has a key and an end of its own: whoever ends it before that deletes it.
local function end_live(record, live, status, at, token)
  record.changed = true
  for place, other in ipairs(record.live) do
    if other == live then
      table.remove(record.live, place)
      break
    end
  end
  local latest = live.deliveries[#live.deliveries]
  local place = #record.ended
  while place > 0 and record.ended[place].ended_at > at do place = place - 1 end
  table.insert(record.ended, place + 1, {
    nonce = live.nonce, tag = live.tag, purpose = live.purpose, channel = live.channel, number = live.number, status = status,
    created_at = live.created_at, expires_at = live.expires_at, last_send_at = latest and latest.at or live.created_at, ended_at = at,
    until_at = at + live.keep_ms, token = token or no_token,
  })
end

local function touch(record)
  local now, place = record.now, 1
  while record.live[place] do
    local live = record.live[place]
    if now >= live.expires_at then end_live(record, live, expired, live.expires_at) else place = place + 1 end
  end
  for place = #record.ended, 1, -1 do
    if now >= record.ended[place].until_at then
      table.remove(record.ended, place)
      record.changed = true
    end
  end
  if record.verified and now >= record.verified.until_at then record.verified, record.changed = nil, true end
  if record.sends[1] and now >= record.sends.until_at then record.sends, record.changed = { until_at = 0 }, true end
  if record.attempts[1] and now >= record.attempts.until_at then record.attempts, record.changed = { until_at = 0 }, true end
  if record.wrong_checks[1] and now >= record.wrong_checks.until_at then
    record.wrong_checks, record.changed = { until_at = 0 }, true
  end
  if record.wrong_in_row > 0 and now >= record.wrong_in_row_until then record.wrong_in_row, record.changed = 0, true end
end

-- Reads the record and lets go of what has ended by now.
local function open_record(key, clock)
  local flat = redis.call('HGETALL', key)
  local fields = {}
  for at = 1, #flat, 2 do fields[flat[at]] = flat[at + 1] end
  local function part(letter)
    local text, place = fields[letter .. '0'] or '', 1
    while text ~= '' and fields[letter .. place] do
      text = text .. fields[letter .. place]
      place = place + 1
    end
    return text
  end
  local written_by, latest, ahead = version, 0, 0
  if fields.t0 then written_by, latest, ahead = unpack_bytes('>BI6I6', fields.t0) end
  if written_by ~= version then error('UNREADABLE version ' .. written_by .. ' of the record is not known here') end
  local record = {
    key = key, clock = clock, flat = flat, fields = fields, changed = false,
    sends = read_times(part('s'), 0), attempts = read_times(part('a'), 0), wrong_checks = read_times(part('w'), 6),
    wrong_in_row = 0, wrong_in_row_until = 0, live = read_live(part('l')), ended = read_ended(part('e')),
  }
  if fields.r0 then record.wrong_in_row, record.wrong_in_row_until = unpack_bytes('>I4I6', fields.r0) end
  if fields.v0 then
    record.verified = {}
    record.verified.at, record.verified.until_at = unpack_bytes('>I6I6', fields.v0)
  end
  record.now, record.ahead = steady(read_clock(clock), latest, ahead)
  -- A jump of the clock is written down whatever the act does, so that time goes on from it.
  record.changed = record.ahead ~= ahead
  touch(record)
  return record
end

-- Writes the fields that are not as they were, and gives the key its end; a record that holds nothing goes.
local function save(record)
  local flat, fields = write_fields(record)
  local ttl = ends_at(record) - record.now
  if ttl > 0 then
    local set, gone = {}, {}
    for name, value in pairs(fields) do
      if record.fields[name] ~= value then
        set[#set + 1] = name
        set[#set + 1] = value
      end
    end
    for name in pairs(record.fields) do
      if name ~= 't0' and not fields[name] then gone[#gone + 1] = name end
    end
    redis.call('HSET', record.key, 't0', pack('>BI6I6', version, record.now, record.ahead), unpack(set))
    if gone[1] then redis.call('HDEL', record.key, unpack(gone)) end
    redis.call('PEXPIRE', record.key, kept_ms(ttl, record.clock))
  elseif record.flat[1] then
    redis.call('DEL', record.key)
  end
  record.flat = flat
end

-- What every verb on a number returns: its outcome, the time it acted at, what else the outcome tells, and the fields of the record. With `mark`
-- something is written even if nothing has changed, so that waiting for replicas waits for what the answer tells of.
local function answer(record, mark, outcome, ...)
  if record.changed then
    save(record)
  elseif mark ~= '' and record.flat[1] then
    redis.call('PEXPIRE', record.key, kept_ms(ends_at(record) - record.now, record.clock))
  end
  return { outcome, record.now, { ... }, record.flat }
end
