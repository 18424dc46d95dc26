#!/usr/bin/env bash
# What goes wrong in the set-up is said in one plain sentence.
source "$(dirname "$0")/assert.sh"
mkdir -p "$scratch/bin" "$scratch/home/logs"

# fake NAME TEXT CODE: a command that says something and ends.
fake() {
  printf '#!/usr/bin/env bash\nprintf "%%s\\n" "%s"\nexit %s\n' "$2" "$3" >"$scratch/bin/$1"
  chmod +x "$scratch/bin/$1"
}

# with_parts COMMAND…: in a shell that has read the launcher, with the fakes first in PATH.
with_parts() {
  (
    set -euo pipefail
    PATH=$scratch/bin:$PATH
    for part in say settings processes ports space packages wheels kafka postgres s3 build services monitoring; do
      # shellcheck source=/dev/null
      source "$root/launcher/$part.sh"
    done
    read_settings
    # shellcheck disable=SC2317
    missing_packages() { echo some-package; }
    "$@"
  )
}

# sudo only matters where the test does not run as root; then it stands aside.
# shellcheck disable=SC2016 # The fake expands its own arguments.
printf '#!/usr/bin/env bash\n[[ $1 == -n ]] && shift\nexec "$@"\n' >"$scratch/bin/sudo"
chmod +x "$scratch/bin/sudo"

fake apt-get "Err: Temporary failure resolving" 100
run with_parts install_packages
expect_code 1 "no network"
expect_said "is there a network?"

fake apt-get "E: Unable to locate package some-package" 100
run with_parts install_packages
expect_said "it is made for Debian 12"

fake apt-get "dpkg: error: No space left on device" 100
run with_parts install_packages
expect_said "the disk is full"

fake apt-get "fine" 0
run with_parts install_packages
expect_code 1 "apt-get lies"
expect_said "still missing: some-package"

no_root() {
  # shellcheck disable=SC2317
  require_root() { fail "packages are missing and sudo wants a password nobody is here to give; as root: apt-get install $*"; }
  install_packages
}
run with_parts no_root
expect_code 1 "no root"
expect_said "apt-get install some-package"

fake df "Filesystem 1024-blocks Used Available Capacity Mounted
/dev/x 100 100 1048576 99% /" 0
run with_parts require_space /tmp 4 "the build"
expect_code 1 "disk full"
expect_said "the build needs 4 GB in /tmp, and 1 GB are free"
rm "$scratch/bin/df"

# A package that the list names twice is there as soon as it is installed.
missing_of() (
  PATH=$scratch/bin:$PATH
  # shellcheck source=/dev/null
  source "$root/launcher/packages.sh"
  root=$1
  missing_packages
)
mkdir -p "$scratch/twice/launcher"
printf '# a list\n\nbash\nabsent\nbash\n' >"$scratch/twice/launcher/packages.txt"
fake dpkg-query "installed bash" 0
run missing_of "$scratch/twice"
[[ $said == absent ]] || wrong "not only the absent package is missing"

# Maven cannot fetch, and Maven fetches something else.
export SLUICE_CACHE=$scratch/cache
fake mvn "[ERROR] Unknown host" 1
run with_parts install_kafka "$scratch/home/logs"
expect_code 1 "no registry"
expect_said "is there a network"
fake mvn "done" 0
run with_parts install_kafka "$scratch/home/logs"
expect_code 1 "wrong jars"
expect_said "is not what launcher/kafka/jars.sha256 pins"
expect_no_file "$scratch/cache/kafka-4.3.1"

# The build's own words: the errors, not the hundred lines around them.
printf 'noise\nFAILED: a.o\na.cc:1:2: error: expected ;\nnoise\n' >"$scratch/build.log"
run with_parts explain_build "$scratch/build.log"
expect_code 1 "a broken build"
expect_said "a.cc:1:2: error: expected ;"
expect_not_said noise
expect_said "the build is broken"

# A password in a URL.
run with_parts url_encoded 'pä:s@s/%'
[[ $said == 'p%C3%A4%3As%40s%2F%25' ]] || wrong "the password is not percent-encoded"
finish
