# A virtual service account, from its key file to an answer of Vertex AI.
curl -s -X POST http://localhost:8889/api/admin/service-accounts/virtual -H "Authorization: Bearer $ADMIN" \
  -d '{"name": "laptop", "project": "research", "models": ["gemini-2.5-*", "claude-*"]}' > key.json
jq -r '.type, .client_email' key.json
#> ^service_account\nlaptop@research\.iam\.gserviceaccount\.com
b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
now=$(date +%s); email=$(jq -r .client_email key.json)
head=$(printf '{"alg":"RS256","kid":"%s"}' "$(jq -r .private_key_id key.json)" | b64)
body=$(printf '{"iss":"%s","aud":"%s","scope":"https://www.googleapis.com/auth/cloud-platform","iat":%d,"exp":%d}' \
  "$email" "$(jq -r .token_uri key.json)" "$now" $((now + 3600)) | b64)
jq -r .private_key key.json > key.pem
sig=$(printf '%s.%s' "$head" "$body" | openssl dgst -sha256 -sign key.pem | b64)
TOKEN=$(curl -s http://localhost:8889/token -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer -d "assertion=$head.$body.$sig" | jq -r .access_token)
curl -s -X POST http://localhost:8888/v1/projects/research/locations/us-central1/publishers/google/models/gemini-2.5-pro:generateContent \
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -d '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}' | jq -r '.candidates[0].content.role'
#> ^model
curl -sN -X POST 'http://localhost:8888/v1/projects/research/locations/us-central1/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse' \
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -d '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}' | grep -c '^data: '
#> ^[1-9]
curl -s -X POST http://localhost:8888/v1/projects/research/locations/us-central1/publishers/google/models/gemini-2.5-pro:countTokens \
  -H "Authorization: Bearer $TOKEN" -d '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}' | jq -r '.totalTokens > 0'
#> ^true
curl -s -X POST http://localhost:8888/v1/projects/research/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict \
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -d '{"anthropic_version":"vertex-2023-10-16","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}' | jq -r .type
#> ^message
curl -s -o /dev/null -w '%{http_code}\n' -X POST http://localhost:8888/v1/projects/research/locations/us-central1/publishers/google/models/gemini-1.5-pro:generateContent \
  -H "Authorization: Bearer $TOKEN" -d '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}'
#> ^403
curl -s http://localhost:8889/robot/v1/metadata/x509/laptop@research.iam.gserviceaccount.com | jq -r 'keys | length'
#> ^1
curl -s -X PATCH http://localhost:8889/api/admin/service-accounts/virtual/laptop@research.iam.gserviceaccount.com \
  -H "Authorization: Bearer $ADMIN" -d '{"default_for_metadata": true}' | jq -r .default_for_metadata
#> ^true
curl -s -H 'Metadata-Flavor: Google' http://localhost:8889/computeMetadata/v1/instance/service-accounts/default/token | jq -r .token_type
#> ^Bearer
curl -s -X DELETE -o /dev/null -w '%{http_code}\n' http://localhost:8889/api/admin/service-accounts/virtual/laptop@research.iam.gserviceaccount.com \
  -H "Authorization: Bearer $ADMIN"
#> ^20[04]
