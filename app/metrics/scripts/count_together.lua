-- How many distinct things are in HyperLogLogs that come as they were stored; nothing stays behind.
--
-- KEYS  1 what was put together so far  2 the next one      ARGV  the sketches

redis.call('DEL', KEYS[1])
for _, sketch in ipairs(ARGV) do
  redis.call('SET', KEYS[2], sketch)
  redis.call('PFMERGE', KEYS[1], KEYS[2])
end
local count = redis.call('PFCOUNT', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2])
return count
