# The mock OAuth2, by every endpoint that a Google client could ask.
TOKEN=$(curl -s -X POST http://localhost:8889/accounts.google.com/oauth2/token \
  -d 'grant_type=client_credentials&client_id=test&client_secret=test' | jq -r .access_token)
echo "$TOKEN" | cut -c1-8
#> ^ya29\.mg-
curl -s -X POST http://localhost:8889/token -u test:test -d 'grant_type=client_credentials' | jq -r '.token_type, .expires_in'
#> ^Bearer\n3599
curl -s -X POST http://localhost:8889/oauth2/v4/token -H 'Content-Type: application/x-www-form-urlencoded' \
  --data-urlencode grant_type=client_credentials --data-urlencode client_id=test --data-urlencode client_secret=test | jq -r .token_type
#> ^Bearer
curl -s -X POST http://localhost:8889/o/oauth2/token -d 'grant_type=client_credentials&client_id=test&client_secret=wrong' | jq -r .error
#> ^invalid_client
curl -s -X POST http://localhost:8889/token -d 'grant_type=password' | jq -r .error
#> ^unsupported_grant_type
curl -s "http://localhost:8889/tokeninfo?access_token=$TOKEN" | jq -r '.expires_in | tonumber > 3000'
#> ^true
curl -s http://localhost:8889/accounts.google.com/oauth2/v1/certs | jq -r 'to_entries[0].value' | openssl x509 -noout -pubkey | head -1
#> ^-----BEGIN PUBLIC KEY-----
curl -s http://localhost:8889/oauth2/v3/certs | jq -r '.keys[0] | .kty, .alg'
#> ^RSA\nRS256
curl -s http://localhost:8889/.well-known/openid-configuration | jq -r .token_endpoint
#> ^http://.*/token
curl -s -X POST http://localhost:8889/oauth2/v2/introspect -u test:test -d "token=$TOKEN" | jq -r .active
#> ^true
curl -s http://localhost:8888/v1/messages -H "Authorization: Bearer $TOKEN" -H 'anthropic-version: 2023-06-01' \
  -d '{"model":"claude-sonnet-4-5","max_tokens":32,"messages":[{"role":"user","content":"hi"}]}' | jq -r .type
#> ^message
curl -s -o /dev/null -w '%{http_code}\n' -X POST http://localhost:8889/revoke -d "token=$TOKEN"
#> ^200
curl -s -X POST http://localhost:8889/oauth2/v2/introspect -u test:test -d "token=$TOKEN" | jq -r .active
#> ^false
curl -s -o /dev/null -w '%{http_code}\n' http://localhost:8888/v1/messages -H "Authorization: Bearer $TOKEN" \
  -d '{"model":"claude-sonnet-4-5","max_tokens":32,"messages":[{"role":"user","content":"hi"}]}'
#> ^401
