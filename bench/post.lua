-- The load of one run: messages to the hook of a channel of one's own.
-- NEW_SHARE of them come from senders never seen before, RESENT_SHARE were sent before.

local prefix, secret = os.getenv("BENCH_PREFIX"), os.getenv("BENCH_SECRET")
local threads = tonumber(os.getenv("BENCH_THREADS"))
local new_share = tonumber(os.getenv("BENCH_NEW_SHARE"))
local resent_share = tonumber(os.getenv("BENCH_RESENT_SHARE"))
local remembered, sent, count = 1000, {}, 0
local headers = { ["Authorization"] = "Bearer " .. secret, ["Content-Type"] = "application/json" }
local shape = '{"messages":[{"external_id":"%s-%d","from":{"address":"%s","name":"Customer"},'
  .. '"text":"Hello, when will my order be delivered? It was promised for today."}]}'

function init()
  math.randomseed(os.time())
end

function request()
  local chance, body = math.random(), nil
  if chance < resent_share and count > remembered then
    body = sent[math.random(remembered)]
  else
    count = count + 1
    local address
    if chance < resent_share + new_share then
      address = "new-" .. prefix .. "-" .. count
    else
      address = "c" .. math.random(0, threads - 1)
    end
    body = string.format(shape, prefix, count, address)
    sent[count % remembered + 1] = body
  end
  return wrk.format("POST", nil, headers, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"duration_s":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
