# Conversations with history on the server.
FIRST=$(curl -s -X POST http://localhost:8888/api/chat -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
  -d '{"message":"hi","model":"claude-sonnet-4-5"}')
echo "$FIRST" | jq -r '.message.role'
#> ^assistant
ID=$(echo "$FIRST" | jq -r .session_id)
curl -sN -X POST http://localhost:8888/api/chat -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
  -d "{\"message\":\"and again\",\"session_id\":\"$ID\",\"stream\":true}" | grep -c '^data: '
#> ^[1-9]
curl -sN "http://localhost:8888/api/chat/stream?message=hello&session_id=$ID" -H "Authorization: Bearer $KEY" | grep -c '^data: '
#> ^[1-9]
curl -s http://localhost:8888/api/sessions -H "Authorization: Bearer $KEY" | jq -r '.total >= 1'
#> ^true
curl -s "http://localhost:8888/api/sessions/$ID" -H "Authorization: Bearer $KEY" | jq -r '.messages | length'
#> ^6
curl -s http://localhost:8888/api/tools -H "Authorization: Bearer $KEY" | jq -r 'type'
#> ^object
curl -s -X DELETE "http://localhost:8888/api/sessions/$ID" -H "Authorization: Bearer $KEY" -o /dev/null -w '%{http_code}\n'
#> ^20[04]
curl -s -o /dev/null -w '%{http_code}\n' "http://localhost:8888/api/sessions/$ID" -H "Authorization: Bearer $KEY"
#> ^404
