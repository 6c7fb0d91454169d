-- Gives every key of a closed session a time to live, unless it has one already.
--
-- KEYS  all keys of the session      ARGV  1 seconds

for _, key in ipairs(KEYS) do
  if redis.call('TTL', key) == -1 then
    redis.call('EXPIRE', key, ARGV[1])
  end
end
