-- Opens a session's counters once: with what the last checkpoint knew, or with nothing when there is none.
--
-- KEYS  1 live  2 minutes  3 flushes  4 outside  5 unique_viewers  6 commenters
-- ARGV  1 HyperLogLog of viewers or ''  2 HyperLogLog of commenters or ''
--       then for live, minutes, flushes, outside: how many fields, and that many pairs (field, value)
-- Answers 1 when it wrote, 0 when another node had opened the counters already.

if redis.call('HEXISTS', KEYS[1], 'ready') == 1 then
  return 0
end

local position = 3
for key = 1, 4 do
  local last = position + tonumber(ARGV[position]) * 2
  for index = position + 1, last, 2 do
    redis.call('HSET', KEYS[key], ARGV[index], ARGV[index + 1])
  end
  position = last + 1
end
for which = 1, 2 do
  if ARGV[which] ~= '' then
    redis.call('SET', KEYS[4 + which], ARGV[which])
  end
end
redis.call('HSET', KEYS[1], 'ready', 1)
return 1
