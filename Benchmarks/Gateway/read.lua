-- 4,096 different reads, made before the measurement.
local requests = {}
local count = 4096

function init(arguments)
    math.randomseed(7)
    local token = os.getenv("TOKEN")
    for number = 1, count do
        local body = string.format(
            '{"customerId":"C-%06d","agentId":"%08x-0000-4000-8000-%012x","interactionId":"%08x-0000-4000-8000-%012x"}',
            math.random(999999), math.random(200), 7, math.random(100000), 9)
        if os.getenv("PLAIN") then
            requests[number] = wrk.format("GET", string.format("/customers/C-%06d", math.random(999999)))
        else
            requests[number] = wrk.format("POST", "/api/v1/read/customer-profile",
                { ["Authorization"] = "Basic " .. token, ["Content-Type"] = "application/json" }, body)
        end
    end
end

local next = 0
function request()
    next = next % count + 1
    return requests[next]
end

function done(summary, latency, rates)
    io.write(string.format("RESULT %d %d %d %d\n", summary.requests,
        summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        summary.duration, latency:percentile(50)))
end
