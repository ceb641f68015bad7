# OpenAI's paths, over whatever accounts there are.
curl -s http://localhost:8888/v1/chat/completions -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
  -d '{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"hi"}]}' | jq -r '.object, .choices[0].message.role'
#> ^chat\.completion\nassistant
curl -sN http://localhost:8888/v1/chat/completions -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
  -d '{"model":"gemini-2.5-flash","stream":true,"messages":[{"role":"user","content":"hi"}]}' | tail -n 2
#> data: \[DONE\]
curl -s http://localhost:8888/v1/responses -H "Authorization: Bearer $KEY" -d '{"model":"claude-sonnet-4-5","input":"hi"}' | jq -r .object
#> ^response
curl -s http://localhost:8888/v1/models -H "Authorization: Bearer $KEY" | jq -r '.object, (.data | length > 0)'
#> ^list\ntrue
curl -s http://localhost:8888/v1/chat/completions -H 'Authorization: Bearer wrong' -d '{"model":"claude-sonnet-4-5","messages":[]}' | jq -r '.error.message | length > 0'
#> ^true
