-- Keeps the latest and the highest count of one outside platform; an older observation does not replace a newer one.
--
-- KEYS  by the names of `KEY_NAMES`
-- ARGV  1 source  2 viewers  3 observed at, in ms  4 seconds for which the keys are kept from now on
-- Answers false when the counters are cold, as `flush_node.lua` does.

local KEY_NAMES = [[ outside live ]]
local key, at = {}, 0
for name in string.gmatch(KEY_NAMES, '%S+') do
  at = at + 1
  key[name] = KEYS[at]
end

if redis.call('HEXISTS', key.live, 'ready') == 0 then
  return false
end

local viewers, observed_at_ms, peak = ARGV[2], ARGV[3], ARGV[2]
local known = redis.call('HGET', key.outside, ARGV[1])
if known then
  local known_viewers, known_at_ms, known_peak = string.match(known, '^(%d+)|(%d+)|(%d+)$')
  if tonumber(known_peak) > tonumber(peak) then
    peak = known_peak
  end
  if tonumber(known_at_ms) > tonumber(observed_at_ms) then
    viewers, observed_at_ms = known_viewers, known_at_ms
  end
end
redis.call('HSET', key.outside, ARGV[1], viewers .. '|' .. observed_at_ms .. '|' .. peak)
for _, each in pairs(key) do
  redis.call('EXPIRE', each, ARGV[4])
end
return 1
