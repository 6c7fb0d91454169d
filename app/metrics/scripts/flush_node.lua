-- Counts one node's flush once, and answers the room's figures over all nodes. O(nodes + offers + arguments), and once O(devices) of a
-- node that died.
--
-- KEYS  1 live  2 minutes  3 nodes  4 flushes  5 unique_viewers  6 commenters  7 ledger  8 buyers  9 taken  10 outside
--       11 watching  12 watching_places  13 polling  14 polling_places
-- ARGV  1 node  2 number of the flush  3 viewers now  4 ttl of the node's count in ms  5 minute  6 viewers that poll now
--       7 how many increments, then that many pairs (name, amount)
--       then six lists, each as how many and the devices: entered, commented, began to watch, stopped watching, began to poll,
--       stopped polling
-- Answers false when the counters are cold (never opened, or lost with Redis): the caller restores them and asks again. Else
--       { applied 0|1, viewers, polling, {live…}, {ledger…}, unique viewers, buyers, {offer, taken, …}, {source, figure, …} }

if redis.call('HEXISTS', KEYS[1], 'ready') == 0 then
  return false
end

-- Redis's own clock: the clocks of the nodes may differ by more than the ttl.
local clock = redis.call('TIME')
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
local node, minute = ARGV[1], ARGV[5]
local position = 7
local CROWD_SECONDS = 86400

local function take_list(width)
  local count = tonumber(ARGV[position]) * width
  local first = position + 1
  position = first + count
  return first, count
end

local function count_devices(key)
  local first, count = take_list(1)
  -- unpack puts its results on Lua's stack, which ends at about 8,000.
  for start = first, first + count - 1, 1000 do
    redis.call('PFADD', key, unpack(ARGV, start, math.min(start + 999, first + count - 1)))
  end
end

-- A device may be on several nodes: moved while the old node still counts it, or with several sockets. `crowd` knows on how many
-- nodes each device is, and in its field `repeated` by how much the sum over the nodes is therefore too large. `places` holds
-- `<node>\0<device>` for each, in that order, so that a node's devices are found together.
local function device_came(crowd, places, device)
  if redis.call('ZADD', places, 'NX', 0, node .. '\0' .. device) == 1 and redis.call('HINCRBY', crowd, device, 1) > 1 then
    redis.call('HINCRBY', crowd, 'repeated', 1)
  end
end

local function forget_place(crowd, places, place, device)
  if redis.call('ZREM', places, place) == 0 then
    return
  end
  if redis.call('HINCRBY', crowd, device, -1) > 0 then
    redis.call('HINCRBY', crowd, 'repeated', -1)
  else
    redis.call('HDEL', crowd, device)
  end
end

local function device_went(crowd, places, device)
  forget_place(crowd, places, node .. '\0' .. device, device)
end

local function forget_node(crowd, places, gone)
  for _, place in ipairs(redis.call('ZRANGEBYLEX', places, '[' .. gone .. '\0', '(' .. gone .. '\1')) do
    forget_place(crowd, places, place, string.sub(place, #gone + 2))
  end
end

local function move_devices(crowd, places)
  for _, change in ipairs({ device_came, device_went }) do
    local first, count = take_list(1)
    for index = first, first + count - 1 do
      change(crowd, places, ARGV[index])
    end
  end
  redis.call('EXPIRE', crowd, CROWD_SECONDS)
  redis.call('EXPIRE', places, CROWD_SECONDS)
end

local last = tonumber(redis.call('HGET', KEYS[4], node) or '-1')
local applied = 0
if tonumber(ARGV[2]) > last then
  applied = 1
  redis.call('HSET', KEYS[4], node, ARGV[2])
  local first, count = take_list(2)
  for index = first, first + count - 1, 2 do
    redis.call('HINCRBY', KEYS[1], ARGV[index], ARGV[index + 1])
    redis.call('HINCRBY', KEYS[2], minute .. ':' .. ARGV[index], ARGV[index + 1])
  end
  count_devices(KEYS[5])
  count_devices(KEYS[6])
  move_devices(KEYS[11], KEYS[12])
  move_devices(KEYS[13], KEYS[14])
  redis.call('HSET', KEYS[3], node, ARGV[3] .. '|' .. string.format('%.0f', now_ms + tonumber(ARGV[4])) .. '|' .. ARGV[6])
end

local viewers, polling = 0, 0
local nodes = redis.call('HGETALL', KEYS[3])
for index = 1, #nodes, 2 do
  local count, valid_until_ms, polls = string.match(nodes[index + 1], '^(%d+)|(%d+)|(%d+)$')
  if tonumber(valid_until_ms) > now_ms then
    viewers = viewers + tonumber(count)
    polling = polling + tonumber(polls)
  else
    redis.call('HDEL', KEYS[3], nodes[index])
    forget_node(KEYS[11], KEYS[12], nodes[index])
    forget_node(KEYS[13], KEYS[14], nodes[index])
  end
end
viewers = math.max(0, viewers - tonumber(redis.call('HGET', KEYS[11], 'repeated') or '0'))
polling = math.max(0, polling - tonumber(redis.call('HGET', KEYS[13], 'repeated') or '0'))

local function keep_peak(key, field)
  if viewers > tonumber(redis.call('HGET', key, field) or '0') then
    redis.call('HSET', key, field, viewers)
  end
end

-- The peak is taken of the sum at this moment: peaks of single nodes need not fall together.
if applied == 1 then
  keep_peak(KEYS[1], 'viewers_peak')
  keep_peak(KEYS[2], minute .. ':viewers_peak')
end

return {
  applied,
  viewers,
  polling,
  redis.call('HMGET', KEYS[1], 'likes', 'comments', 'viewers_peak', 'views'),
  redis.call('HMGET', KEYS[7], 'orders_placed', 'units_placed', 'revenue_placed_vnd'),
  redis.call('PFCOUNT', KEYS[5]),
  redis.call('SCARD', KEYS[8]),
  redis.call('HGETALL', KEYS[9]),
  redis.call('HGETALL', KEYS[10]),
}
