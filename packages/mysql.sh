# Sourced by packages/install.sh: the headers of MySQL Connector/C++.
#
# libmysqlcppconn-dev depends on Debian's default Boost, which cannot be installed beside the newer one that the gateway
# is built with. Its headers do well with the newer one, so they are unpacked into the build folder; the library itself
# (libmysqlcppconn7v5, in build.txt) is installed as any other.

mysql_headers=build/mysql

# unpack_mysql_headers LOG: fetches the package and unpacks it, once.
unpack_mysql_headers() {
  local log=$1 made
  [[ -e /usr/include/cppconn/prepared_statement.h || -e $mysql_headers/usr/include/cppconn/prepared_statement.h ]] && return 0
  need_debian
  say 'Unpacking the headers of libmysqlcppconn-dev'
  mkdir -p "$(dirname "$mysql_headers")" "$(dirname "$log")" && made=$(mktemp -d "$mysql_headers.XXXXXX") ||
    die "cannot write to $(dirname "$mysql_headers"): make it writable for $(id -un), or clone the repository elsewhere."
  chmod 755 "$made"
  if ! download_mysql_package "$made" "$log"; then
    # No package lists, or lists that name what the mirror has dropped.
    as_root env LC_ALL=C.UTF-8 apt-get -q -y -o DPkg::Lock::Timeout=300 update >>"$log" 2>&1 || { rm -rf "$made"; apt_failed update "$log"; }
    download_mysql_package "$made" "$log" || { rm -rf "$made"; apt_failed download "$log"; }
  fi
  if ! dpkg -x "$made"/libmysqlcppconn-dev_*.deb "$made" >>"$log" 2>&1; then
    rm -rf "$made"
    die "libmysqlcppconn-dev cannot be unpacked; the whole output is in $log"
  fi
  rm -rf "$mysql_headers" "$made"/libmysqlcppconn-dev_*.deb "$made/usr/lib" "$made/usr/share"
  mv "$made" "$mysql_headers" || die "cannot write to $mysql_headers"
}

# download_mysql_package DIRECTORY LOG
download_mysql_package() {
  (cd "$1" && LC_ALL=C.UTF-8 apt-get -q download libmysqlcppconn-dev) >>"$2" 2>&1
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die 'fetching package lists needs root, and there is no sudo. As root: apt-get update'
  fi
}
