-- Appends one room event and returns its place. A missing head (Redis was emptied) or another server's starts a new epoch.
-- needs server_history.lua
-- KEYS[1] head: HASH epoch, offset, home    KEYS[2] log: STREAM, id <offset>-0    KEYS[3] told: ZSET of outbox ids
-- ARGV[1] epoch to use if a new one is needed   ARGV[2] events to keep (approximate)   ARGV[3] time, ms   ARGV[4] event, JSON
-- ARGV[5] outbox id or ''   ARGV[6] outbox ids to remember
-- Returns {epoch, offset}; an outbox id that was appended already appends nothing.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'home')
local epoch = head[1]
local home, is_doubtful = history_since(head[2])
if not epoch then
  redis.call('DEL', KEYS[3])
end
if not epoch or is_doubtful then
  epoch = ARGV[1]
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'offset', 0)
end
if head[2] ~= home then
  redis.call('HSET', KEYS[1], 'home', home)
end
if ARGV[5] ~= '' then
  if redis.call('ZADD', KEYS[3], 'NX', ARGV[5], ARGV[5]) == 0 then
    return {epoch, tonumber(redis.call('HGET', KEYS[1], 'offset'))}
  end
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - tonumber(ARGV[6]))
end
local offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
local id = string.format('%d-0', offset)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], id, 'at', ARGV[3], 'event', ARGV[4])
-- A log that nobody has used for seven days may be forgotten: a new epoch begins, and whoever reads gets a snapshot.
redis.call('EXPIRE', KEYS[1], 604800)
redis.call('EXPIRE', KEYS[2], 604800)
if ARGV[5] ~= '' then
  redis.call('EXPIRE', KEYS[3], 604800)
end
return {epoch, offset}
