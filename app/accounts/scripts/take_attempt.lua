-- Counts one login attempt. KEYS[1] counter; ARGV[1] length of the window in ms, set by the first attempt only.
-- Returns {number of this attempt, ms until the window ends}.
local number = redis.call('INCR', KEYS[1])
if number == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return {number, redis.call('PTTL', KEYS[1])}
