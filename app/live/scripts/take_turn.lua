-- Whether a device may speak now, and how often the room has said the same within this window. One round trip for both rules.
-- KEYS[1] spoke: ZSET device → ms of its last comment    KEYS[2] said: HASH shape of a text → times, and `window`
-- ARGV[1] device   ARGV[2] time, ms   ARGV[3] pause between comments, ms, 0 = none   ARGV[4] shape or ''   ARGV[5] window, ms
-- Returns {ms to wait, times said with this one}; a refusal notes nothing.
local now, pause = tonumber(ARGV[2]), tonumber(ARGV[3])
if pause > 0 then
  local last = redis.call('ZSCORE', KEYS[1], ARGV[1])
  if last and tonumber(last) + pause > now then
    return {tonumber(last) + pause - now, 0}
  end
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - pause)
  redis.call('PEXPIRE', KEYS[1], pause)
end
if ARGV[4] == '' then
  return {0, 0}
end
local window = tostring(math.floor(now / tonumber(ARGV[5])))
if redis.call('HGET', KEYS[2], 'window') ~= window then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[2], 'window', window)
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end
return {0, redis.call('HINCRBY', KEYS[2], ARGV[4], 1)}
