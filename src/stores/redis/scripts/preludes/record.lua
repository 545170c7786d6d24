-- The record of one number in a script, and what src/stores/record.ts does to it at every act. That file says why, and its names are the names
-- here.

local version = 1
local max_field_bytes = 64
local no_token = string.rep('\0', token_bytes)

-- Places in `endedStatuses` (src/stores/redis/record-parts.ts).
local approved, expired, canceled, superseded, max_checks_reached, failed = 0, 1, 2, 3, 4, 5

-- What lies in which hash.
local letters_of_first, letters_of_marks = { 's', 'a', 'l', 'e' }, { 'w', 'r', 'v' }
-- Those that are kept until the time they begin with.
local letters_with_until = { 's', 'a', 'w', 'r', 'v' }

local function set_part(record, letter, part)
  record.parts[letter], record.changed[letter] = part, true
end

-- When nothing of the first hash counts any more.
local function first_ends_at(record)
  local at = math.max(until_of(record.parts.s), until_of(record.parts.a))
  for _, live in ipairs(record.live) do at = math.max(at, live.expires_at + live.keep_ms) end
  for _, ended in ipairs(record.ended) do at = math.max(at, ended.until_at) end
  return at
end

local function marks_end_at(record)
  return math.max(until_of(record.parts.w), until_of(record.parts.r), until_of(record.parts.v))
end

-- When its latest send began.
local function last_send_at(live)
  local latest = live.deliveries[#live.deliveries]
  for _, one in ipairs(live.deliveries) do
    if one.number == latest.number then return one.at end
  end
  return live.created_at
end

-- The only way out of pending. The secret of its code has a key and an end of its own: whoever ends it before that deletes it.
local function end_live(record, live, status, at, token)
  record.changed.l, record.changed.e = true, true
  for place, other in ipairs(record.live) do
    if other == live then
      table.remove(record.live, place)
      break
    end
  end
  local place = #record.ended
  while place > 0 and record.ended[place].ended_at > at do place = place - 1 end
  table.insert(record.ended, place + 1, {
    nonce = live.nonce, tag = live.tag, purpose = live.purpose, channel = live.channel, number = live.number, status = status,
    created_at = live.created_at, expires_at = live.expires_at, last_send_at = last_send_at(live), ended_at = at,
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
      record.changed.e = true
    end
  end
  for _, letter in ipairs(letters_with_until) do
    local part = record.parts[letter]
    if part ~= '' and now >= until_of(part) then set_part(record, letter, '') end
  end
end

-- Reads a hash, and adds what it holds to the parts.
local function open_hash(key, letters, parts)
  local flat = redis.call('HGETALL', key)
  local fields = {}
  for at = 1, #flat, 2 do fields[flat[at]] = flat[at + 1] end
  for _, letter in ipairs(letters) do
    local part, place = fields[letter .. '0'] or '', 1
    while #part == place * max_field_bytes and fields[letter .. place] do
      part = part .. fields[letter .. place]
      place = place + 1
    end
    parts[letter] = part
  end
  return { key = key, letters = letters, fields = fields, is_there = flat[1] ~= nil }
end

-- Reads the record and lets go of what has ended by now.
local function open_record(key, marks_key, clock)
  local parts = {}
  local first, marks = open_hash(key, letters_of_first, parts), open_hash(marks_key, letters_of_marks, parts)
  local time = first.fields.t0 or marks.fields.t0
  local written_by, latest, ahead = version, 0, 0
  if time then written_by, latest, ahead = unpack_bytes('>BI6I6', time) end
  if written_by ~= version then error('UNREADABLE version ' .. written_by .. ' of the record is not known here') end
  local record = {
    first = first, marks = marks, clock = clock, parts = parts, changed = {}, live = read_live(parts.l), ended = read_ended(parts.e),
  }
  record.now, record.ahead = steady(read_clock(clock), latest, ahead)
  -- A jump of the clock is written down whatever the act does, so that time goes on from it.
  record.has_jumped = record.ahead ~= ahead
  touch(record)
  return record
end

local function keep(record, hash, ends_at)
  redis.call('PEXPIRE', hash.key, kept_ms(ends_at - record.now, record.clock))
end

-- Writes the fields of a hash that are not as they were, the time whatever else, and gives the key its end; a hash that holds nothing goes.
local function save_hash(record, hash, ends_at)
  if ends_at <= record.now then
    if hash.is_there then redis.call('DEL', hash.key) end
    return
  end
  local set, gone, ends_anew = { 't0', pack('>BI6I6', version, record.now, record.ahead) }, {}, record.has_jumped
  for _, letter in ipairs(hash.letters) do
    if record.changed[letter] then
      local part, place = record.parts[letter], 0
      for from = 1, #part, max_field_bytes do
        local name, field = letter .. place, part:sub(from, from + max_field_bytes - 1)
        if hash.fields[name] ~= field then
          set[#set + 1] = name
          set[#set + 1] = field
        end
        place = place + 1
      end
      while hash.fields[letter .. place] do
        gone[#gone + 1] = letter .. place
        place = place + 1
      end
      ends_anew = true
    end
  end
  redis.call('HSET', hash.key, unpack(set))
  if gone[1] then redis.call('HDEL', hash.key, unpack(gone)) end
  if ends_anew then keep(record, hash, ends_at) end
end

-- What every verb on a number returns: its outcome, the time it acted at, what else the outcome tells, and the parts of the record. With `mark`
-- something is written even if nothing has changed, so that waiting for replicas waits for what the answer tells of.
local function answer(record, mark, outcome, ...)
  local parts, changed = record.parts, record.changed
  if next(changed) or record.has_jumped then
    if changed.l then parts.l = write_live(record.live) end
    if changed.e then parts.e = write_ended(record.ended) end
    save_hash(record, record.first, first_ends_at(record))
    save_hash(record, record.marks, marks_end_at(record))
  elseif mark ~= '' and record.first.is_there then
    keep(record, record.first, first_ends_at(record))
  elseif mark ~= '' and record.marks.is_there then
    keep(record, record.marks, marks_end_at(record))
  end
  return { outcome, record.now, { ... }, { parts.s, parts.a, parts.w, parts.r, parts.v, parts.l, parts.e } }
end
