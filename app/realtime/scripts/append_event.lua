-- Appends one room event and returns its place. A missing head (Redis was emptied) starts a new epoch.
-- KEYS[1] head: HASH epoch, offset    KEYS[2] log: STREAM, id <offset>-0    KEYS[3] told: ZSET of outbox ids
-- ARGV[1] epoch to use if a new one is needed   ARGV[2] events to keep (approximate)   ARGV[3] time, ms   ARGV[4] event, JSON
-- ARGV[5] outbox id or ''   ARGV[6] outbox ids to remember
-- Returns {epoch, offset}; an outbox id that was appended already appends nothing.
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  epoch = ARGV[1]
  redis.call('DEL', KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'offset', 0)
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
