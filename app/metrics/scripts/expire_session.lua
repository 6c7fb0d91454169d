-- Gives every key of a closed session a time to live; one that is to live shorter keeps that.
--
-- KEYS  all keys of the session      ARGV  1 seconds

for _, key in ipairs(KEYS) do
  local seconds = redis.call('TTL', key)
  if seconds == -1 or seconds > tonumber(ARGV[1]) then
    redis.call('EXPIRE', key, ARGV[1])
  end
end
