# Gemini by the Developer API.
curl -s http://localhost:8888/v1beta/models/gemini-2.5-pro:generateContent -H "x-goog-api-key: $KEY" -H 'Content-Type: application/json' \
  -d '{"contents":[{"parts":[{"text":"hi"}]}]}' | jq -r '.candidates[0].finishReason'
#> ^STOP
curl -s "http://localhost:8888/v1beta/models/gemini-2.5-pro:generateContent?key=$KEY" -H 'Content-Type: application/json' -X POST \
  -d '{"contents":[{"parts":[{"text":"hi"}]}]}' | jq -r '.usageMetadata.totalTokenCount > 0'
#> ^true
curl -sN "http://localhost:8888/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse&key=$KEY" --no-buffer -X POST \
  -H 'Content-Type: application/json' -d '{"contents":[{"parts":[{"text":"hi"}]}]}' | grep -c '^data: '
#> ^[1-9]
curl -s http://localhost:8888/v1beta/models/gemini-2.5-pro:countTokens -H "x-goog-api-key: $KEY" -d '{"contents":[{"parts":[{"text":"hi"}]}]}' | jq -r '.totalTokens > 0'
#> ^true
curl -s http://localhost:8888/v1beta/models -H "x-goog-api-key: $KEY" | jq -r '.models | length > 0'
#> ^true
curl -s http://localhost:8888/v1beta1/publishers/google/models/gemini-2.5-pro:generateContent -H "x-goog-api-key: $KEY" \
  -d '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}' | jq -r '.candidates[0].content.role'
#> ^model
curl -s http://localhost:8888/v1beta/models/gemini-2.5-pro:generateContent -H 'x-goog-api-key: wrong' -d '{"contents":[]}' | jq -r '.error.code'
#> ^40[01]
