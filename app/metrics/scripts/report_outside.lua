-- Keeps the latest and the highest count of one outside platform; an older observation does not replace a newer one.
--
-- KEYS  1 outside  2 live
-- ARGV  1 source  2 viewers  3 observed at, in ms
-- Answers false when the counters are cold, as `flush_node.lua` does.

if redis.call('HEXISTS', KEYS[2], 'ready') == 0 then
  return false
end

local viewers, observed_at_ms, peak = ARGV[2], ARGV[3], ARGV[2]
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then
  local known_viewers, known_at_ms, known_peak = string.match(known, '^(%d+)|(%d+)|(%d+)$')
  if tonumber(known_peak) > tonumber(peak) then
    peak = known_peak
  end
  if tonumber(known_at_ms) > tonumber(observed_at_ms) then
    viewers, observed_at_ms = known_viewers, known_at_ms
  end
end
redis.call('HSET', KEYS[1], ARGV[1], viewers .. '|' .. observed_at_ms .. '|' .. peak)
return 1
