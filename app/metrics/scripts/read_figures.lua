-- Reads all figures of a session at one moment; changes nothing.
--
-- KEYS  by the names of `KEY_NAMES`
-- ARGV  1 the time in ms, only where a test drives it; else ''
-- Answers { now in ms as text, viewers, unique viewers, commenters, buyers, and the hashes live, minutes, flushes, ledger,
--       ledger_minutes, products, taken, outside }, each hash as a flat list, then product openers and basket holders

local KEY_NAMES = [[
  live minutes flushes unique_viewers commenters ledger ledger_minutes products buyers taken outside audience node_lives
  product_openers basket_holders
]]
local key, at = {}, 0
for name in string.gmatch(KEY_NAMES, '%S+') do
  at = at + 1
  key[name] = KEYS[at]
end

local now_ms = tonumber(ARGV[1])
if not now_ms then
  local clock = redis.call('TIME')
  now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
end

-- Dead nodes are taken out by the flushes of the living; when nobody is alive, nobody watches.
local is_anybody_alive = redis.call('ZCOUNT', key.node_lives, string.format('(%.0f', now_ms), '+inf') > 0
local viewers = is_anybody_alive and tonumber(redis.call('HGET', key.audience, 'counted') or '0') or 0

return {
  string.format('%.0f', now_ms),
  viewers,
  redis.call('PFCOUNT', key.unique_viewers),
  redis.call('PFCOUNT', key.commenters),
  redis.call('SCARD', key.buyers),
  redis.call('HGETALL', key.live),
  redis.call('HGETALL', key.minutes),
  redis.call('HGETALL', key.flushes),
  redis.call('HGETALL', key.ledger),
  redis.call('HGETALL', key.ledger_minutes),
  redis.call('HGETALL', key.products),
  redis.call('HGETALL', key.taken),
  redis.call('HGETALL', key.outside),
  redis.call('PFCOUNT', key.product_openers),
  redis.call('PFCOUNT', key.basket_holders),
}
