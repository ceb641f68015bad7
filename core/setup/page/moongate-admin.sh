#!/bin/sh
# Looks after a Moongate gateway from a machine that has only sh and curl: users, keys, balances, usage. It installs itself
# as ~/.local/bin/moongate-admin; again that changes nothing, and --undo takes it back.
set -eu
umask 077

url='@CONTROL_URL@'
folder=${XDG_CONFIG_HOME:-$HOME/.config}/moongate
config=$folder/admin
program=$HOME/.local/bin/moongate-admin

usage() {
  cat <<'USAGE'
usage: sh moongate-admin.sh --install [--url URL]   install it, and keep address and admin token (asked for, or MOONGATE_ADMIN_TOKEN)
       sh moongate-admin.sh --undo                  take both away
       moongate-admin status                        what the gateway says of itself
       moongate-admin users | clients | keys | accounts | balances | audit | notifications
       moongate-admin user-add NAME [DOLLARS]       make a user, with an opening balance
       moongate-admin token NAME                    a key for a user; it is shown this once
       moongate-admin balance NAME [AMOUNT [ID]]    show, or move +25 or -3.50; with an ID it is booked once
       moongate-admin disable NAME | enable NAME    a user, with all keys
       moongate-admin usage [YYYY-MM]               what was used, by day
       moongate-admin get PATH                      any other list: get 'ledger?client=nightly&limit=20'
Answers are JSON as the API gives it.
USAGE
}

fail() {
  printf 'moongate-admin: %s\n' "$1" >&2
  exit 1
}

[ -d "${HOME:-}" ] || fail 'HOME is not a folder'

check_url() {
  case $1 in
    http://* | https://*) ;;
    *) fail "$1 is not an address: give --url http://host:8889" ;;
  esac
  case $1 in
    *[!A-Za-z0-9:/._~%\[\]-]*) fail 'the address has characters that no address needs' ;;
  esac
}

check_token() {
  [ -n "$1" ] || fail 'no admin token: "moongate admin-token" makes a new one'
  case $1 in
    *[!A-Za-z0-9._~+/=-]*) fail 'the admin token has characters that none has' ;;
  esac
}

ask_token() {
  token=${MOONGATE_ADMIN_TOKEN:-}
  if [ -z "$token" ] && [ -t 0 ]; then
    printf 'Admin token (it is not shown): ' >&2
    stty -echo
    trap 'stty echo' EXIT INT TERM
    read -r token || :
    stty echo
    trap - EXIT INT TERM
    printf '\n' >&2
  elif [ -z "$token" ]; then
    read -r token || :
  fi
  check_token "$token"
}

# put FILE < text: written aside, so that nobody ever sees half of it.
put() {
  put_new=$1.$$.new
  cat >"$put_new"
  if [ -e "$1" ] && cmp -s "$put_new" "$1"; then rm -f "$put_new"; else mv -f "$put_new" "$1"; fi
}

case ${1:-} in
  --install)
    shift
    if [ "${1:-}" = --url ]; then
      [ $# -gt 1 ] || fail '--url needs an address'
      url=${2%/}
      shift 2
    fi
    [ $# -eq 0 ] || { usage >&2; exit 2; }
    [ -f "$0" ] || fail 'save this script as a file first, then run that'
    check_url "$url"
    ask_token
    mkdir -p "$folder" "$HOME/.local/bin"
    printf '%s\n%s\n' "$url" "$token" | put "$config"
    put "$program" <"$0"
    chmod 700 "$program"
    printf 'Installed as %s for %s. sh moongate-admin.sh --undo takes it back.\n' "$program" "$url"
    exit 0
    ;;
  --undo)
    rm -f "$config" "$program"
    for made in "$folder" "$HOME/.local/bin"; do rmdir "$made" 2>/dev/null || :; done
    printf 'Taken back.\n'
    exit 0
    ;;
  '' | -h | --help | help) usage; [ -n "${1:-}" ] || exit 2; exit 0 ;;
esac

if [ -n "${MOONGATE_ADMIN_TOKEN:-}" ]; then
  token=$MOONGATE_ADMIN_TOKEN
  [ -z "${MOONGATE_URL:-}" ] || url=${MOONGATE_URL%/}
elif [ -r "$config" ]; then
  { read -r url; read -r token; } <"$config"
else
  fail 'not installed: sh moongate-admin.sh --install, or set MOONGATE_ADMIN_TOKEN and MOONGATE_URL'
fi
check_url "$url"
check_token "$token"
command -v curl >/dev/null || fail 'curl is missing'

# escaped TEXT: percent-encoded, for a part of a path.
escaped() {
  printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'
}

# quoted TEXT: as a JSON text.
quoted() {
  case $1 in
    *[[:cntrl:]]*) fail 'a name cannot hold control characters' ;;
  esac
  printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# call METHOD PATH [BODY]: the token goes by standard input, where no list of processes shows it.
call() {
  answer=$(mktemp "${TMPDIR:-/tmp}/moongate.XXXXXX")
  status=$({
    printf 'header = "Authorization: Bearer %s"\n' "$token"
    printf 'header = "Accept: application/json"\n'
    if [ $# -gt 2 ]; then
      printf 'header = "Content-Type: application/json"\n'
      printf 'data-binary = "%s"\n' "$(printf '%s' "$3" | sed 's/[\\"]/\\&/g')"
    fi
  } | curl --silent --show-error --max-time 120 --request "$1" --output "$answer" --write-out '%{http_code}' \
    --config - -- "$url/api/admin/$2") || { rm -f "$answer"; fail "$url does not answer"; }
  case $status in
    2*) cat "$answer"; rm -f "$answer"; echo ;;
    *) cat "$answer" >&2; rm -f "$answer"; echo >&2; fail "the gateway answered $status" ;;
  esac
}

verb=$1
shift
need() {
  [ -n "$2" ] || { usage >&2; exit 2; }
}
case $verb in
  status | users | clients | keys | balances | audit | notifications) call GET "$verb" ;;
  accounts) call GET upstream-accounts ;;
  user-add)
    need user-add "${1:-}"
    if [ -n "${2:-}" ]; then call POST users "{\"name\":$(quoted "$1"),\"opening\":$(quoted "$2")}"
    else call POST users "{\"name\":$(quoted "$1")}"; fi
    ;;
  token) need token "${1:-}"; call POST "users/$(escaped "$1")/token" '{}' ;;
  disable) need disable "${1:-}"; call PATCH "users/$(escaped "$1")" '{"enabled":false}' ;;
  enable) need enable "${1:-}"; call PATCH "users/$(escaped "$1")" '{"enabled":true}' ;;
  balance)
    need balance "${1:-}"
    if [ -z "${2:-}" ]; then call GET "users/$(escaped "$1")/balance"; exit 0; fi
    amount=${2#+}
    body="{\"amount\":$(quoted "$amount")"
    case $amount in -*) body="$body,\"kind\":\"correction\"" ;; esac
    [ -z "${3:-}" ] || body="$body,\"id\":$(quoted "$3")"
    call POST "users/$(escaped "$1")/movements" "$body}"
    ;;
  usage) call GET "usage?by=day&date=$(escaped "${1:-$(date -u +%Y-%m)}")" ;;
  get) need get "${1:-}"; call GET "$1" ;;
  *) usage >&2; exit 2 ;;
esac
