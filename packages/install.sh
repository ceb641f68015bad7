# Sourced by ./run and ./test: Debian packages by list, and the one-line errors that both speak.

# shellcheck source=packages/mysql.sh
. packages/mysql.sh

say() { printf '%s\n' "$*" >&2; }
die() { printf 'moongate: %s\n' "$*" >&2; exit 1; }

# need_space DIRECTORY MEGABYTES WHAT: stops before work that cannot end well.
need_space() {
  local free
  free=$(df -Pm "$1" 2>/dev/null | awk 'NR == 2 { print $4 }')
  [[ -z $free || $free -ge $2 ]] ||
    die "not enough disk: $3 needs about $2 MB on the file system of $1, which has $free MB free. Free some and start again."
}

need_debian() {
  local id='' version=''
  if [[ -r /etc/os-release ]]; then
    id=$(. /etc/os-release && printf %s "${ID:-}")
    version=$(. /etc/os-release && printf %s "${VERSION_ID:-}")
  fi
  [[ $id == debian && $version == 12 ]] ||
    die "this is ${id:-an unknown system}${version:+ $version}, and Moongate is built on Debian 12 (bookworm): use one, or the Dockerfile."
}

# missing_packages LIST...: prints the packages of the lists that are not installed. Quick: one dpkg-query.
missing_packages() {
  local -A installed=()
  local name program status
  while read -r status name; do
    [[ $status == ii ]] && installed[$name]=1
  done < <(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' 2>/dev/null)
  while read -r name program; do
    [[ -z $name || $name == '#'* || -n ${installed[$name]:-} ]] && continue
    [[ -n $program ]] && command -v "$program" >/dev/null && continue
    printf '%s\n' "$name"
  done < <(cat "$@")
}

# install_packages LOG LIST...: names what is missing and installs it; nothing at all when nothing is missing.
install_packages() {
  install_debian_packages "$@"
  unpack_mysql_headers "$1"
}

install_debian_packages() {
  local log=$1 missing as_root=()
  shift
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  need_debian
  say "Debian packages to install (${#missing[@]}): ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "installing packages needs root, and there is no sudo. As root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  need_space /var/cache 3000 'installing the packages'
  mkdir -p "$(dirname "$log")" || die "cannot write to $(dirname "$log")"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -y -o DPkg::Lock::Timeout=300)
  local updated=0
  : >"$log"
  if ! compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
    "${apt[@]}" update >>"$log" 2>&1 || apt_failed update "$log"
    updated=1
  fi
  if ! "${apt[@]}" install --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    # Lists that are out of date name versions that the mirror has dropped: once more with new ones.
    ((updated)) && apt_failed install "$log"
    say 'The package lists look old; fetching new ones.'
    "${apt[@]}" update >>"$log" 2>&1 || apt_failed update "$log"
    "${apt[@]}" install --no-install-recommends "${missing[@]}" >>"$log" 2>&1 || apt_failed install "$log"
  fi
}

apt_failed() {
  local reason
  grep -q 'No space left on device' "$2" && die "apt-get $1 failed: the disk is full. Free some and start again."
  reason=$(grep -aE '^(E|W): (Failed to fetch|Some index files failed)' "$2" | head -n 1)
  [[ -n $reason ]] || reason=$(grep -a '^E: ' "$2" | tail -n 1)
  die "apt-get $1 failed: ${reason:-see the end of the log}. The whole output is in $2"
}

# configure DIRECTORY LOG CMAKE-OPTION...: CMake only the first time and when the options are others; ninja itself
# notices what changed in the tree.
configure() {
  local directory=$1 log
  log=$(readlink -m "$2")
  shift 2
  mkdir -p "$directory" "$(dirname "$log")" 2>/dev/null && [[ -w $directory ]] ||
    die "cannot write to $PWD/$directory: make it writable for $(id -un), or clone the repository elsewhere."
  if [[ -f $directory/build.ninja ]]; then
    if grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$directory/CMakeCache.txt"; then
      [[ -f $directory/.options && $(<"$directory/.options") == "$*" ]] && return 0
    else
      say "The repository has moved: building $directory anew."
      rm -rf "$directory/CMakeFiles" "$directory/CMakeCache.txt" "$directory/build.ninja"
    fi
  fi
  need_space "$PWD/$directory" 1500 'the build'
  cmake -S . -B "$directory" -G Ninja -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 "$@" >"$log" 2>&1 &&
    printf '%s\n' "$*" >"$directory/.options" && return 0
  grep -A 12 'CMake Error' "$log" | head -n 30 >&2
  rm -f "$directory/build.ninja"
  die "CMake failed; the whole output is in $log"
}

# compile DIRECTORY LOG TARGET...: shows the compiler's lines as they come, and nothing when nothing is to do.
compile() {
  local directory=$1 log status
  log=$(readlink -m "$2")
  shift 2
  ninja -C "$directory" -j "${MOONGATE_JOBS:-$(nproc)}" "$@" 2>&1 | tee "$log" |
    grep --line-buffered -vE '^ninja: (no work to do|Entering directory)|Re-checking globbed' >&2
  status=${PIPESTATUS[0]}
  ((status == 0)) && return 0
  grep -q 'No space left on device' "$log" && die 'the build failed: the disk is full. Free some and start again.'
  die "the build failed; the whole output is in $log"
}
