-- Adds ledger entries to the statistics, each exactly once and in order: refuses what it has seen, stops at a gap.
--
-- KEYS  by the names of `KEY_NAMES`
-- ARGV  1 seconds for which the keys are kept from now on  2 how many entries, then for each: seq, minute, buyer token or '',
--       how many totals and that many pairs (name, amount), how many product pairs ('<product>:<name>', amount),
--       how many stock pairs (offer, units)
-- Answers the seq that the statistics stand at. Amounts stay text from end to end: as text of Lua's own making, large numbers become 1e+14.

local KEY_NAMES = [[ ledger ledger_minutes products taken buyers ]]
local key, at = {}, 0
for name in string.gmatch(KEY_NAMES, '%S+') do
  at = at + 1
  key[name] = KEYS[at]
end

local seq = tonumber(redis.call('HGET', key.ledger, 'seq') or '0')
local position = 3

local function add_pairs(hash, is_new, minute)
  local count = tonumber(ARGV[position])
  local last = position + count * 2
  for index = position + 1, last, 2 do
    if is_new then
      redis.call('HINCRBY', hash, ARGV[index], ARGV[index + 1])
      if minute then
        redis.call('HINCRBY', key.ledger_minutes, minute .. ':' .. ARGV[index], ARGV[index + 1])
      end
    end
  end
  position = last + 1
end

for _ = 1, tonumber(ARGV[2]) do
  local entry_seq, minute, buyer = tonumber(ARGV[position]), ARGV[position + 1], ARGV[position + 2]
  position = position + 3
  if entry_seq > seq + 1 then
    break
  end
  local is_new = entry_seq == seq + 1
  add_pairs(key.ledger, is_new, minute)
  add_pairs(key.products, is_new)
  add_pairs(key.taken, is_new)
  if is_new then
    if buyer ~= '' then
      redis.call('SADD', key.buyers, buyer)
    end
    seq = entry_seq
  end
end

if seq > 0 then
  redis.call('HSET', key.ledger, 'seq', string.format('%.0f', seq))
  for _, each in pairs(key) do
    redis.call('EXPIRE', each, ARGV[1])
  end
end
return seq
