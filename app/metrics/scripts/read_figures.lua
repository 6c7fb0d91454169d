-- Reads all figures of a session at one moment; changes nothing.
--
-- KEYS  1 live  2 minutes  3 nodes  4 flushes  5 unique_viewers  6 commenters  7 ledger  8 ledger_minutes  9 products  10 buyers
--       11 taken  12 outside  13 watching
-- Answers { now in ms as text, viewers, unique viewers, commenters, buyers, and the hashes live, minutes, flushes, ledger,
--       ledger_minutes, products, taken, outside }, each hash as a flat list

local clock = redis.call('TIME')
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)

local viewers = 0
for _, figure in ipairs(redis.call('HVALS', KEYS[3])) do
  local count, valid_until_ms = string.match(figure, '^(%d+)|(%d+)|%d+$')
  if tonumber(valid_until_ms) > now_ms then
    viewers = viewers + tonumber(count)
  end
end
viewers = math.max(0, viewers - tonumber(redis.call('HGET', KEYS[13], 'repeated') or '0'))

return {
  string.format('%.0f', now_ms),
  viewers,
  redis.call('PFCOUNT', KEYS[5]),
  redis.call('PFCOUNT', KEYS[6]),
  redis.call('SCARD', KEYS[10]),
  redis.call('HGETALL', KEYS[1]),
  redis.call('HGETALL', KEYS[2]),
  redis.call('HGETALL', KEYS[4]),
  redis.call('HGETALL', KEYS[7]),
  redis.call('HGETALL', KEYS[8]),
  redis.call('HGETALL', KEYS[9]),
  redis.call('HGETALL', KEYS[11]),
  redis.call('HGETALL', KEYS[12]),
}
