-- The times of the last hour at which codes went to one address, oldest first, in microseconds.
-- KEYS[1]: that list. ARGV: the least time between two, how long the hour is, the most in an hour, 1 to count in any case.
-- Gives how long to wait (0: it was counted), and the time that it was counted at.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local pause, hour, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local sent = {}
for _, time in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    -- A server whose clock was set back must not refuse for as long.
    local at = math.min(tonumber(time), now)
    if now - at < hour then sent[#sent + 1] = at end
end
local free = now
if #sent > 0 then free = math.max(free, sent[#sent] + pause) end
if #sent >= most then free = math.max(free, sent[#sent - most + 1] + hour) end
if free > now and ARGV[4] ~= '1' then return { free - now, 0 } end
-- Each has a time of its own, by which it can be taken back.
if #sent > 0 then now = math.max(now, sent[#sent] + 1) end
sent[#sent + 1] = now
redis.call('DEL', KEYS[1])
for _, at in ipairs(sent) do redis.call('RPUSH', KEYS[1], string.format('%.0f', at)) end
redis.call('PEXPIRE', KEYS[1], math.ceil(hour / 1000))
return { 0, now }
