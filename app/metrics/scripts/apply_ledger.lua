-- Adds ledger entries to the statistics, each exactly once and in order: refuses what it has seen, stops at a gap.
--
-- KEYS  1 ledger  2 ledger_minutes  3 products  4 taken  5 buyers
-- ARGV  1 how many entries, then for each: seq, minute, buyer token or '',
--       how many totals and that many pairs (name, amount), how many product pairs ('<product>:<name>', amount),
--       how many stock pairs (offer, units)
-- Answers the seq that the statistics stand at. Amounts stay text from end to end: as text of Lua's own making, large numbers become 1e+14.

local seq = tonumber(redis.call('HGET', KEYS[1], 'seq') or '0')
local position = 2

local function add_pairs(key, is_new, minute)
  local count = tonumber(ARGV[position])
  local last = position + count * 2
  for index = position + 1, last, 2 do
    if is_new then
      redis.call('HINCRBY', key, ARGV[index], ARGV[index + 1])
      if minute then
        redis.call('HINCRBY', KEYS[2], minute .. ':' .. ARGV[index], ARGV[index + 1])
      end
    end
  end
  position = last + 1
end

for _ = 1, tonumber(ARGV[1]) do
  local entry_seq, minute, buyer = tonumber(ARGV[position]), ARGV[position + 1], ARGV[position + 2]
  position = position + 3
  if entry_seq > seq + 1 then
    break
  end
  local is_new = entry_seq == seq + 1
  add_pairs(KEYS[1], is_new, minute)
  add_pairs(KEYS[3], is_new)
  add_pairs(KEYS[4], is_new)
  if is_new then
    if buyer ~= '' then
      redis.call('SADD', KEYS[5], buyer)
    end
    seq = entry_seq
  end
end

if seq > 0 then
  redis.call('HSET', KEYS[1], 'seq', string.format('%.0f', seq))
end
return seq
