# Claude Code and Gemini CLI, set up by the script and then as they ask: first by the variables of the handbooks.
export ANTHROPIC_BASE_URL=http://localhost:8888
export ANTHROPIC_AUTH_TOKEN=$KEY
curl -sN "$ANTHROPIC_BASE_URL/v1/messages?beta=true" -H "Authorization: Bearer $ANTHROPIC_AUTH_TOKEN" -H 'anthropic-version: 2023-06-01' \
  -H 'anthropic-beta: claude-code-20250219,interleaved-thinking-2025-05-14' -H 'x-app: cli' -H 'User-Agent: claude-cli/2.1.197 (external, cli)' \
  -H 'anthropic-dangerous-direct-browser-access: true' -H 'content-type: application/json' \
  -d '{"model":"claude-sonnet-4-5","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hi"}]}' | grep -c message_stop
#> ^[1-9]
export GOOGLE_GEMINI_BASE_URL=http://localhost:8888
export GEMINI_API_KEY=$KEY
curl -sN "$GOOGLE_GEMINI_BASE_URL/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse" -H "x-goog-api-key: $GEMINI_API_KEY" \
  -H 'User-Agent: GeminiCLI-tui/0.61.0' -H 'Content-Type: application/json' -d '{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}' | grep -c '^data: '
#> ^[1-9]
curl -fsS http://localhost:8889/client-setup.sh -o client-setup.sh
MOONGATE_TOKEN=$KEY sh client-setup.sh | head -1
#> ^Set up for http://
(. "$HOME/.profile"; curl -s -o /dev/null -w '%{http_code}\n' "$ANTHROPIC_BASE_URL/v1/models" -H "Authorization: Bearer $ANTHROPIC_AUTH_TOKEN")
#> ^200
sh client-setup.sh --undo | head -1
#> ^Taken back
curl -fsS http://localhost:8889/moongate-admin.sh -o moongate-admin.sh
MOONGATE_ADMIN_TOKEN=$ADMIN sh moongate-admin.sh --install | head -1
#> ^Installed as
"$HOME/.local/bin/moongate-admin" user-add carol 10 | jq -r .name
#> ^carol
sh moongate-admin.sh --undo
#> ^Taken back
