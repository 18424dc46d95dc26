#!/usr/bin/env bash
# The runtime images' files: each program with the shared libraries that it loads, found by asking the dynamic
# loader, and nothing else. What all programs share goes to DEST/base, the rest to DEST/<program>.
#
#   collect.sh DEST PROGRAM…        LD_LIBRARY_PATH: folders of libraries that do not lie where Debian puts them
set -euo pipefail

dest=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
libraries=/usr/lib/$(gcc -print-multiarch)

# needed PROGRAM: the paths of its libraries and of the loader itself.
needed() { ldd "$1" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' | LC_ALL=C sort -u; }

# place FILE ROOT: under the name it is loaded by. Debian's /lib is a link to /usr/lib; the loader's own path is
# part of every program.
place() {
  local file=$1 root=$2 folder
  folder=$(readlink -f "$(dirname "$file")")
  [[ $folder == /usr/lib* ]] || folder=$libraries
  install -D -m 755 "$(readlink -f "$file")" "$root$folder/$(basename "$file")"
}

for program in "$@"; do
  ldd "$program" | { ! grep 'not found'; } || { echo "$program: a library is missing" >&2; exit 1; }
  needed "$program" >"$scratch/$(basename "$program")"
done
cp "$scratch/$(basename "$1")" "$scratch/.shared"
for program in "$@"; do
  LC_ALL=C comm -12 "$scratch/.shared" "$scratch/$(basename "$program")" >"$scratch/.both"
  mv "$scratch/.both" "$scratch/.shared"
done

base=$dest/base
while read -r file; do place "$file" "$base"; done <"$scratch/.shared"
for program in "$@"; do
  name=$(basename "$program")
  install -D -m 755 "$program" "$dest/$name/usr/bin/$name"
  while read -r file; do place "$file" "$dest/$name"; done \
    < <(LC_ALL=C comm -23 "$scratch/$name" "$scratch/.shared")
done

# Debian's merged /usr; authorities, time zones, and a user without a shell.
ln -s usr/lib "$base/lib"
[[ ! -d $base/usr/lib64 ]] || ln -s usr/lib64 "$base/lib64"
mkdir -p "$base"/{etc/ssl,usr/lib/ssl,usr/share,etc/sluice/definitions}
cp -rL /etc/ssl/certs "$base/etc/ssl/certs"
cp /etc/ssl/openssl.cnf "$base/etc/ssl/openssl.cnf"
ln -s /etc/ssl/certs "$base/usr/lib/ssl/certs"
ln -s /etc/ssl/openssl.cnf "$base/usr/lib/ssl/openssl.cnf"
cp -a /usr/share/zoneinfo "$base/usr/share/zoneinfo"
rm -rf "$base"/usr/share/zoneinfo/{posix,right}
cat >"$base/etc/passwd" <<'PASSWD'
root:x:0:0:root:/:/usr/sbin/nologin
sluice:x:10001:10001:sluice:/var/lib/sluice:/usr/sbin/nologin
PASSWD
printf 'root:x:0:\nsluice:x:10001:\n' >"$base/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$base/etc/nsswitch.conf"
install -d -m 1777 "$base/tmp"
# Volumes that are mounted here for the first time take these folders' owner. Another user, to whom a volume of his
# own is mounted, must be able to pass.
install -d -m 755 "$base/var/lib/sluice"
install -d -m 750 -o 10001 -g 10001 "$base/var/lib/sluice/data" "$base/var/lib/sluice/state"
