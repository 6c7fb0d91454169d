-- Put before scripts that say `-- needs server_history.lua`. Redis copies to replicas behind time: a replica that takes over may lack the
-- last that its master answered, and gives the same numbers out again. So whoever numbers things keeps whose history they continue, and
-- begins anew with another server's. A restart (another id, nothing before it) and a slot that was moved here lose nothing and go on; here
-- is not told apart what was moved to a server that once took over: it begins anew as well.
--
-- KEYS none; the script behind it has its own.
-- history_since(home) → id to keep as the next `home`; whether what was kept under this one may lack its end. Where INFO is forbidden: never.
local function history_since(home)
  local about = redis.pcall('INFO', 'replication')
  if type(about) ~= 'string' then
    return home or '', false
  end
  local id = string.match(about, 'master_replid:(%x+)') or ''
  local has_taken_over = string.match(about, 'master_replid2:%x*[1-9a-f]') ~= nil
  return id, has_taken_over and home ~= nil and home ~= false and home ~= '' and home ~= id
end

