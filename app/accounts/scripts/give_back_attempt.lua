-- Uncounts one login attempt. KEYS[1] counter. A counter that has run out must not come back without an end, so it is left alone.
local number = tonumber(redis.call('GET', KEYS[1]) or '0')
if number > 0 then
  redis.call('DECR', KEYS[1])
end
return number
