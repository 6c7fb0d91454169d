-- Reads what follows a position, and the head, at one moment. Starts a new epoch when the head is missing, or when it stands
-- before a position that was once given out (Redis was restored from an older copy), or is another server's: offsets must not be used twice.
-- needs server_history.lua
-- KEYS[1] head: HASH epoch, offset, home    KEYS[2] log: STREAM, id <offset>-0
-- ARGV[1] epoch to use if a new one is needed   ARGV[2] known epoch, '' = none   ARGV[3] known offset   ARGV[4] most events
-- Returns {epoch, offset of the head, entries}; entries is empty when the epoch is not the known one
local head = redis.call('HMGET', KEYS[1], 'epoch', 'offset', 'home')
local epoch, offset = head[1], tonumber(head[2] or '0')
local home, is_doubtful = history_since(head[3])
local known = tonumber(ARGV[3])
if not epoch or is_doubtful or (epoch == ARGV[2] and offset < known) then
  epoch = ARGV[1]
  offset = 0
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'offset', 0)
end
if head[3] ~= home then
  redis.call('HSET', KEYS[1], 'home', home)
end
-- As for the append: every use keeps the log for seven more days, so a session that is long over leaves nothing behind.
redis.call('EXPIRE', KEYS[1], 604800)
redis.call('EXPIRE', KEYS[2], 604800)
if epoch ~= ARGV[2] then
  return {epoch, offset, {}}
end
local first = string.format('%d-0', known + 1)
return {epoch, offset, redis.call('XRANGE', KEYS[2], first, '+', 'COUNT', ARGV[4])}
