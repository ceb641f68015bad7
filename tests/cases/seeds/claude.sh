# Claude, as its API has it and under the paths of other gateways.
curl -s http://localhost:8888/v1/messages -H "x-api-key: $KEY" -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \
  -d '{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}' | jq -r '.role, .usage.output_tokens > 0'
#> ^assistant\ntrue
curl -sN http://127.0.0.1:8888/v1/messages -H "x-api-key: $KEY" \
    -d '{"model":"claude-sonnet-4-5","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hi"}]}' | grep '^event: '
#> ^event: message_start\n(?s:.*)event: message_stop
curl -s http://localhost:8888/v1/messages/count_tokens -H "Authorization: Bearer $KEY" \
  -d '{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"hi"}]}' | jq -r '.input_tokens > 0'
#> ^true
curl -s http://localhost:8888/v1/models -H "x-api-key: $KEY" -H 'anthropic-version: 2023-06-01' | jq -r '.data | length > 0'
#> ^true
for prefix in api/anthropic/v1 claude/v1 api/client/relay; do
  curl -s "http://localhost:8888/$prefix/messages" -H "x-auth-token: $KEY" -H 'content-type: application/json' \
    -d '{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}' | jq -r .type
done
#> ^message\nmessage\nmessage
curl -s http://localhost:8888/v1/messages -H 'x-api-key: wrong' \
  -d '{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}' | jq -r .error.type
#> ^authentication_error
curl -s -o /dev/null -w '%{http_code}\n' -X POST http://localhost:8888/api/event_logging/batch -H 'content-type: application/json' -d '{"events":[]}'
#> ^204
curl -s -o /dev/null -w '%{http_code}\n' -X POST http://localhost:8888/api/statsig/v1/rgstr -d '{}'
#> ^204
