-- Opens a session's counters once: with what the last checkpoint knew, or with nothing when there is none.
--
-- KEYS  by the names of `KEY_NAMES`
-- ARGV  1 HyperLogLog of viewers or ''  2 of commenters  3 of product openers  4 of basket holders  5 seconds for which the keys are kept from now on
--       then for live, minutes, flushes, outside: how many fields, and that many pairs (field, value)
-- Answers 1 when it wrote, 0 when another node had opened the counters already.

local KEY_NAMES = [[ live minutes flushes outside unique_viewers commenters product_openers basket_holders ]]
local key, at = {}, 0
for name in string.gmatch(KEY_NAMES, '%S+') do
  at = at + 1
  key[name] = KEYS[at]
end

if redis.call('HEXISTS', key.live, 'ready') == 1 then
  return 0
end

local position = 6
for _, hash in ipairs({ key.live, key.minutes, key.flushes, key.outside }) do
  local last = position + tonumber(ARGV[position]) * 2
  for index = position + 1, last, 2 do
    redis.call('HSET', hash, ARGV[index], ARGV[index + 1])
  end
  position = last + 1
end
for which, sketch in ipairs({ key.unique_viewers, key.commenters, key.product_openers, key.basket_holders }) do
  if ARGV[which] ~= '' then
    redis.call('SET', sketch, ARGV[which])
  end
end
redis.call('HSET', key.live, 'ready', 1)
for _, each in pairs(key) do
  redis.call('EXPIRE', each, ARGV[5])
end
return 1
