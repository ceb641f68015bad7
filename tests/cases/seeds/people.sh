# An operator makes a user, who signs in, makes a key and sees what is left.
curl -s http://localhost:8889/api/admin/users -H "Authorization: Bearer $ADMIN" \
  -d '{"name": "bob", "email": "bob@example.com", "password": "correct horse battery", "opening": "50"}' | jq -r .name
#> ^bob
SESSION=$(curl -s -X POST http://localhost:8889/api/auth/login -H 'Content-Type: application/json' \
  -d '{"username":"bob","password":"correct horse battery"}' | jq -r .access_token)
curl -s http://localhost:8889/api/auth/profile -H "Authorization: Bearer $SESSION" | jq -r .user.name
#> ^bob
MINE=$(curl -s -X POST http://localhost:8889/api/keys -H "Authorization: Bearer $SESSION" -H 'Content-Type: application/json' \
  -d '{"name":"laptop","terms":{"limits":{"requests_per_minute":60}}}')
echo "$MINE" | jq -r .key | cut -c1-3
#> ^mg-
USER_KEY=$(echo "$MINE" | jq -r .key)
curl -s http://localhost:8888/v1/messages -H "x-api-key: $USER_KEY" \
  -d '{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}' | jq -r .type
#> ^message
curl -s http://localhost:8889/api/quota -H "Authorization: Bearer $USER_KEY" | jq -r '.user, .balance != null, (.limits | length > 0)'
#> ^bob\ntrue\ntrue
curl -s http://localhost:8889/api/keys/verify -H "Authorization: Bearer $USER_KEY" | jq -r .valid
#> ^true
curl -s http://localhost:8889/api/client/keys -H "Authorization: Bearer $SESSION" | jq -r '.keys[0].name'
#> ^laptop
curl -s http://localhost:8889/api/usage -H "Authorization: Bearer $SESSION" | jq -r 'type'
#> ^object
curl -s http://localhost:8889/api/stats -H "Authorization: Bearer $SESSION" | jq -r '.today.requests >= 0'
#> ^true
curl -s -X POST "http://localhost:8889/api/keys/$(echo "$MINE" | jq -r .id)/regenerate" -H "Authorization: Bearer $SESSION" | jq -r .key | cut -c1-3
#> ^mg-
curl -s -o /dev/null -w '%{http_code}\n' http://localhost:8889/api/admin/users -H "Authorization: Bearer $SESSION"
#> ^40[13]
curl -s -X POST http://localhost:8889/api/auth/logout -H "Authorization: Bearer $SESSION" -o /dev/null -w '%{http_code}\n'
#> ^20[04]
curl -s -o /dev/null -w '%{http_code}\n' http://localhost:8889/api/auth/profile -H "Authorization: Bearer $SESSION"
#> ^401
