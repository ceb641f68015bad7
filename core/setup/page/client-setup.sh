#!/bin/sh
# Sets Claude Code, Gemini CLI and Codex up for one Moongate gateway, for the user who runs it. Again it changes nothing;
# with --undo it takes back what it did, and nothing else.
set -eu
umask 077

api='@API_URL@'
folder=${XDG_CONFIG_HOME:-$HOME/.config}/moongate
env_file=$folder/env.sh
begin='# >>> moongate >>>'
end='# <<< moongate <<<'
undo=no

usage() {
  cat <<'USAGE'
usage: sh client-setup.sh [--url URL] [--undo]
  The token is asked for, or taken from MOONGATE_TOKEN.
  --url URL  the gateway's address for clients, where it is another than the one this file came with
  --undo     take everything back
USAGE
}

fail() {
  printf 'client-setup: %s\n' "$1" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --url) [ $# -gt 1 ] || fail '--url needs an address'; api=${2%/}; shift 2 ;;
    --undo) undo=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
[ -d "${HOME:-}" ] || fail 'HOME is not a folder'
case $api in
  http://* | https://*) ;;
  *) fail "$api is not an address: give --url http://host:8888" ;;
esac
case $api in
  *[!A-Za-z0-9:/._~%\[\]-]*) fail 'the address has characters that no address needs' ;;
esac

# without_block FILE: what stands outside our marks. An end that is missing would take the rest of the file with it.
without_block() {
  if [ "$(grep -cxF "$begin" "$1")" != "$(grep -cxF "$end" "$1")" ]; then
    fail "$1 holds only one of the lines '$begin' and '$end': mend it by hand first"
  fi
  awk -v begin="$begin" -v end="$end" '$0 == begin { inside = 1; next } $0 == end { inside = 0; next } !inside' "$1"
}

# put FILE < text: changes a file in place, so that a link stays a link and its mode stays; an empty text removes one
# that holds nothing else.
put() {
  put_new=$(mktemp "${TMPDIR:-/tmp}/moongate.XXXXXX")
  cat >"$put_new"
  if [ ! -s "$put_new" ]; then
    if [ -L "$1" ]; then : >"$1"; else rm -f "$1"; fi
  elif [ ! -e "$1" ] || ! cmp -s "$put_new" "$1"; then
    cat "$put_new" >"$1"
  fi
  rm -f "$put_new"
}

# block FILE WHERE < lines: our lines at the file's end or begin, in place of those of before; no lines: none.
block() {
  block_lines=$(cat)
  block_rest=
  [ ! -e "$1" ] || block_rest=$(without_block "$1"; printf x)
  block_rest=${block_rest%x}
  [ -e "$1" ] || [ -n "$block_lines" ] || return 0
  {
    [ "$2" = end ] || [ -z "$block_lines" ] || printf '%s\n%s\n%s\n' "$begin" "$block_lines" "$end"
    printf '%s' "$block_rest"
    [ "$2" = begin ] || [ -z "$block_lines" ] || printf '%s\n%s\n%s\n' "$begin" "$block_lines" "$end"
  } | put "$1"
}

profiles() {
  for name in .profile .bashrc .zshrc; do
    if [ "$name" = .profile ] || [ -e "$HOME/$name" ]; then printf '%s\n' "$HOME/$name"; fi
  done
}

if [ "$undo" = yes ]; then
  profiles | while read -r file; do block "$file" end </dev/null; done
  codex=$HOME/.codex/config.toml
  if [ -e "$codex" ]; then block "$codex" end </dev/null; fi
  gemini=$HOME/.gemini/settings.json
  if [ -e "$folder/made-gemini" ] && cmp -s "$folder/made-gemini" "$gemini"; then rm -f "$gemini"; fi
  rm -f "$env_file" "$folder/made-gemini"
  for made in "$folder" "$HOME/.codex" "$HOME/.gemini"; do rmdir "$made" 2>/dev/null || :; done
  printf 'Taken back. Open a new shell, or forget the variables in this one:\n  unset %s\n' \
    'ANTHROPIC_BASE_URL ANTHROPIC_AUTH_TOKEN GOOGLE_GEMINI_BASE_URL GEMINI_API_KEY MOONGATE_TOKEN'
  exit 0
fi

token=${MOONGATE_TOKEN:-}
if [ -z "$token" ]; then
  if [ -t 0 ]; then
    printf 'Token (it is not shown): ' >&2
    stty -echo
    trap 'stty echo' EXIT INT TERM
    read -r token || :
    stty echo
    trap - EXIT INT TERM
    printf '\n' >&2
  else
    read -r token || :
  fi
fi
[ -n "$token" ] || fail 'no token: an operator makes one with "moongate user token NAME"'
case $token in
  *[!A-Za-z0-9._~+/=-]*) fail 'the token has characters that no token has' ;;
esac

mkdir -p "$folder"
put "$env_file" <<ENV
# Written by client-setup.sh; --undo takes it away.
export MOONGATE_TOKEN='$token'
export ANTHROPIC_BASE_URL='$api'
export ANTHROPIC_AUTH_TOKEN='$token'
export GOOGLE_GEMINI_BASE_URL='$api'
export GEMINI_API_KEY='$token'
ENV
chmod 600 "$env_file"
profiles | while read -r file; do
  block "$file" end <<LINES
[ ! -r "$env_file" ] || . "$env_file"
LINES
done

# Gemini CLI asks how to sign in unless it is told; settings of one's own are left alone.
gemini=$HOME/.gemini/settings.json
if [ ! -e "$gemini" ]; then
  mkdir -p "$HOME/.gemini"
  printf '{\n  "security": {"auth": {"selectedType": "gemini-api-key"}}\n}\n' >"$gemini"
  cp "$gemini" "$folder/made-gemini"
fi

codex=$HOME/.codex/config.toml
if [ -e "$codex" ] && without_block "$codex" | grep -q '^[[:space:]]*\[model_providers\.moongate\]'; then
  printf 'Codex: %s has a provider moongate of your own; it is left alone.\n' "$codex"
else
  mkdir -p "$HOME/.codex"
  block "$codex" end <<LINES
[model_providers.moongate]
name = "Moongate"
base_url = "$api/v1"
env_key = "MOONGATE_TOKEN"
wire_api = "responses"
LINES
fi

cat <<DONE
Set up for $api. Open a new shell, or in this one:  . $env_file
  claude
  gemini
  codex -c model_provider=moongate -c model=claude-sonnet-4-5
sh client-setup.sh --undo takes it back.
DONE
