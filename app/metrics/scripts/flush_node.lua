-- Counts one node's flush once, decides what it means over all nodes, and answers the room's figures. O(what moved + nodes + offers),
-- and never more than `moves_max` devices of dead nodes and a few thousand views at a time; the rest follows with the next flush.
--
-- KEYS  by the names of `KEY_NAMES`
-- ARGV  1 head, JSON: node, number, minute (of the node's clock), increments {name: amount}, ttl_ms of a silent node, keep_seconds of
--         the session's keys, moves_max, same_view_ms, counts_after_ms; now_ms only where a test drives the time
--       2 moves of viewers   3 moves of pollers: records of 21 bytes, device (16), kind (1: 0 came, 1 went, 2 stayed), age in ms (4)
--       4 devices that commented   5 that opened a product   6 that put a first line into a basket: records of 16 bytes
-- Answers false when the counters are cold (never opened, or lost with Redis): the caller restores them and asks again. Else
--       { applied 0|1, since when the node is known, viewers, polling, {live…}, {ledger…}, unique viewers, buyers, {offer, taken, …},
--         {source, figure, …} }
--
-- needs server_history.lua
-- Times are Redis's own: a node says how long ago something was, so clocks of nodes may differ as they like.

local KEY_NAMES = [[
  live minutes flushes unique_viewers commenters ledger ledger_minutes products buyers taken outside
  audience node_lives node_known viewers viewer_places short_views left_views pollers poller_places log log_head
  product_openers basket_holders
]]
local key, position = {}, 0
for name in string.gmatch(KEY_NAMES, '%S+') do
  position = position + 1
  key[name] = KEYS[position]
end

if redis.call('HEXISTS', key.live, 'ready') == 0 then
  return false
end

local head = cjson.decode(ARGV[1])
local now_ms = head.now_ms
if not now_ms then
  local clock = redis.call('TIME')
  now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
end
local node = head.node
local MINUTE_MS, DAY_MS = 60000, 86400000
-- News of another node may come late; what left is remembered so much longer than the rule needs.
local LATE_MS = 15000
local RANKS_MAX = 5000
-- A left view is one number: when it was left, and for how long it had been watched, in steps of 10 ms.
local WATCHED_STEPS, COUNTED = 1024, 1023

local function whole(number)
  -- as text of Lua's own making, large numbers become 1e+14
  return string.format('%.0f', number)
end

local added, added_by_minute, peak_by_minute = {}, {}, {}

local function minute_of(at_ms)
  return whole(math.floor(at_ms / MINUTE_MS))
end

local function add(name, amount, at_ms)
  added[name] = (added[name] or 0) + amount
  local field = minute_of(at_ms) .. ':' .. name
  added_by_minute[field] = (added_by_minute[field] or 0) + amount
end

-- Viewers -------------------------------------------------------------------------------------------------------------------------
-- `counted` is the one number that is shown, whose maximum is the peak and whose integral is the watch time.

local audience = redis.call('HMGET', key.audience, 'counted', 'since_ms', 'home')
local counted, since_ms = tonumber(audience[1] or '0'), tonumber(audience[2] or whole(now_ms))

local function note_peak(at_ms)
  local minute = minute_of(at_ms)
  peak_by_minute[minute] = math.max(peak_by_minute[minute] or 0, counted)
end

local function watched_until(to_ms)
  local at_ms = math.max(since_ms, to_ms - DAY_MS)
  since_ms = math.max(since_ms, to_ms)
  if counted == 0 or at_ms >= to_ms then
    return
  end
  added.occupied_ms = (added.occupied_ms or 0) + to_ms - at_ms
  while at_ms < to_ms do
    local until_ms = math.min(to_ms, (math.floor(at_ms / MINUTE_MS) + 1) * MINUTE_MS)
    add('watch_ms', counted * (until_ms - at_ms), at_ms)
    note_peak(at_ms)
    at_ms = until_ms
  end
end

-- Whether the device is now on its first node. `places` holds `<node>\0<device>`, in that order: a node's devices stand together.
local function is_first_place(crowd, places, device)
  return redis.call('ZADD', places, 'NX', 0, node .. '\0' .. device) == 1 and redis.call('HINCRBY', crowd, device, 1) == 1
end

local function was_last_place(crowd, places, of_node, device)
  if redis.call('ZREM', places, of_node .. '\0' .. device) == 0 or redis.call('HINCRBY', crowd, device, -1) > 0 then
    return false
  end
  redis.call('HDEL', crowd, device)
  return true
end

-- Views that began with this flush are written together at its end, as are the devices that entered.
local entered, begun = {}, {}
local UUID_FORMAT = string.gsub('XXXX-XX-XX-XX-XXXXXX', 'X', '%%02x')

local function uuid_text(device)
  return string.format(UUID_FORMAT, string.byte(device, 1, 16))
end

local function viewer_came(device, at_ms, has_stayed)
  if not is_first_place(key.viewers, key.viewer_places, device) then
    return
  end
  entered[#entered + 1] = uuid_text(device)
  local left = redis.call('ZSCORE', key.left_views, device)
  if left then
    redis.call('ZREM', key.left_views, device)
    local left_at_ms = math.floor(left / WATCHED_STEPS)
    local watched = left - left_at_ms * WATCHED_STEPS
    if has_stayed or at_ms - left_at_ms <= head.same_view_ms then
      if watched ~= COUNTED then
        begun[device] = (has_stayed and left_at_ms or math.max(at_ms, left_at_ms)) - watched * 10
      end
      return
    end
  end
  -- One that stayed has been counted already, by a Redis that was lost, or before it was taken for dead.
  if not has_stayed then
    add('views', 1, at_ms)
    begun[device] = at_ms
  end
end

local function viewer_went(of_node, device, at_ms)
  if not was_last_place(key.viewers, key.viewer_places, of_node, device) then
    return
  end
  local watched = COUNTED
  local began_ms = begun[device] or redis.call('ZSCORE', key.short_views, device)
  if began_ms then
    if begun[device] then
      begun[device] = nil
    else
      redis.call('ZREM', key.short_views, device)
    end
    local watched_ms = math.max(0, at_ms - began_ms)
    if watched_ms >= head.counts_after_ms then
      add('views_10s', 1, at_ms)
    else
      watched = math.floor(watched_ms / 10)
    end
  end
  redis.call('ZADD', key.left_views, whole(at_ms * WATCHED_STEPS + watched), device)
end

local function poller_came(device)
  is_first_place(key.pollers, key.poller_places, device)
end

local function poller_went(of_node, device)
  was_last_place(key.pollers, key.poller_places, of_node, device)
end

-- unpack puts its results on Lua's stack, which ends at about 8,000.
local function in_chunks(command, name, list)
  for start = 1, #list, 1000 do
    redis.call(command, name, unpack(list, start, math.min(start + 999, #list)))
  end
end

local function write_begun()
  local pairs_of = {}
  for device, began_ms in pairs(begun) do
    pairs_of[#pairs_of + 1] = whole(began_ms)
    pairs_of[#pairs_of + 1] = device
  end
  in_chunks('ZADD', key.short_views, pairs_of)
  in_chunks('PFADD', key.unique_viewers, entered)
end

local function apply_moves(packed, came, went)
  for at = 1, #packed, 21 do
    local device, kind, age_ms = struct.unpack('>c16BI4', packed, at)
    local at_ms = now_ms - age_ms
    if kind == 1 then
      went(node, device, at_ms)
    else
      came(device, at_ms, kind == 2)
    end
  end
end

-- Takes a dead node's devices out as of the moment it was last valid, some at a time; answers how many are still in.
local budget = head.moves_max

local function forget_devices(gone, valid_until_ms, places, went)
  local first, last = '[' .. gone .. '\0', '(' .. gone .. '\1'
  local found = budget > 0 and redis.call('ZRANGEBYLEX', places, first, last, 'LIMIT', 0, budget) or {}
  budget = budget - #found
  for _, place in ipairs(found) do
    went(gone, string.sub(place, #gone + 2), valid_until_ms)
  end
  return redis.call('ZLEXCOUNT', places, first, last)
end

-- A node that was taken for dead, or that a lost Redis knew, gets a new mark: it sees that and tells its devices again. So do all nodes when
-- another server has taken over, which may lack their last news.
local home, is_doubtful = history_since(audience[3])
if is_doubtful then
  redis.call('DEL', key.node_known)
end
redis.call('ZADD', key.node_lives, whole(now_ms + head.ttl_ms), node)
redis.call('HSETNX', key.node_known, node, whole(now_ms) .. ':' .. whole(head.number))

local dead_viewers, dead_pollers = 0, 0
local dead = redis.call('ZRANGEBYSCORE', key.node_lives, '-inf', whole(now_ms), 'WITHSCORES')
for index = 1, #dead, 2 do
  local gone, valid_until_ms = dead[index], tonumber(dead[index + 1])
  watched_until(valid_until_ms)
  redis.call('HDEL', key.node_known, gone)
  local viewers = forget_devices(gone, valid_until_ms, key.viewer_places, viewer_went)
  local pollers = forget_devices(gone, valid_until_ms, key.poller_places, poller_went)
  if viewers + pollers == 0 then
    redis.call('ZREM', key.node_lives, gone)
  end
  dead_viewers, dead_pollers = dead_viewers + viewers, dead_pollers + pollers
  counted = math.max(0, redis.call('HLEN', key.viewers) - dead_viewers)
end
watched_until(now_ms)

local applied = 0
if head.number > tonumber(redis.call('HGET', key.flushes, node) or '-1') then
  applied = 1
  redis.call('HSET', key.flushes, node, whole(head.number))
  for name, amount in pairs(head.increments) do
    add(name, amount, head.minute * MINUTE_MS)
  end
  apply_moves(ARGV[2], viewer_came, viewer_went)
  apply_moves(ARGV[3], poller_came, poller_went)
  write_begun()
  for argument, sketch in pairs({ [4] = key.commenters, [5] = key.product_openers, [6] = key.basket_holders }) do
    local packed = ARGV[argument]
    for at = 1, #packed, 16 do
      redis.call('PFADD', sketch, uuid_text(string.sub(packed, at, at + 15)))
    end
  end
  redis.call('HSET', key.live, 'measures_interest', 1)
end

-- The earliest first, not more than `RANKS_MAX` at once.
local function take_until(views, score)
  local count = math.min(RANKS_MAX, redis.call('ZCOUNT', views, '-inf', whole(score)))
  return count > 0 and redis.call('ZREMRANGEBYRANK', views, 0, count - 1) or 0
end

local ripe = take_until(key.short_views, now_ms - head.counts_after_ms)
if ripe > 0 then
  add('views_10s', ripe, now_ms)
end
take_until(key.left_views, (now_ms - head.same_view_ms - LATE_MS) * WATCHED_STEPS)

counted = math.max(0, redis.call('HLEN', key.viewers) - dead_viewers)
note_peak(now_ms)
redis.call('HSET', key.audience, 'counted', counted, 'since_ms', whole(since_ms), 'home', home)

-- Sums --------------------------------------------------------------------------------------------------------------------------------

local function keep_peak(hash, field, peak)
  if peak > tonumber(redis.call('HGET', hash, field) or '0') then
    redis.call('HSET', hash, field, peak)
  end
end

for name, amount in pairs(added) do
  redis.call('HINCRBY', key.live, name, whole(amount))
end
for field, amount in pairs(added_by_minute) do
  redis.call('HINCRBY', key.minutes, field, whole(amount))
end
for minute, peak in pairs(peak_by_minute) do
  keep_peak(key.live, 'viewers_peak', peak)
  keep_peak(key.minutes, minute .. ':viewers_peak', peak)
end
for _, each in pairs(key) do
  redis.call('EXPIRE', each, head.keep_seconds)
end

return {
  applied,
  redis.call('HGET', key.node_known, node),
  counted,
  math.max(0, redis.call('HLEN', key.pollers) - dead_pollers),
  redis.call('HMGET', key.live, 'likes', 'comments', 'viewers_peak', 'views'),
  redis.call('HMGET', key.ledger, 'orders_placed', 'units_placed', 'revenue_placed_vnd'),
  redis.call('PFCOUNT', key.unique_viewers),
  redis.call('SCARD', key.buyers),
  redis.call('HGETALL', key.taken),
  redis.call('HGETALL', key.outside),
}
