-- One bucket, as the time at which it will be full again (GCRA): `full` lies at most a window ahead, or two while in debt.
-- KEYS[1]: the bucket. ARGV: microseconds to refill one, how many it holds, how many to take, 1 to take them in any case.
-- Gives the microseconds until one more passes; 0: they were taken, and where in any case, one more would pass.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local each, window = tonumber(ARGV[1]), ARGV[1] * ARGV[2]
local full = tonumber(redis.call('GET', KEYS[1]) or now)
-- A server whose clock was set back must not refuse for as long.
full = math.min(math.max(full, now), now + 2 * window) + each * ARGV[3]
local wait = full - window - now
if ARGV[4] == '1' then
    full = math.min(full, now + 2 * window)
    wait = full + each - window - now
elseif wait > 0 then
    return { wait }
end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return { math.max(wait, 0) }
