# shellcheck shell=bash
# What the web page's tests drive the browser with, from npm: each package as web/package-lock.json pins it. A run
# needs none of this; the page's one library is in web/vendor/.

readonly web_modules_title="Playwright and axe"

# Once for all homes; another lock file is another folder.
web_modules_dir() { echo "$cache/web-$(sha256sum "$root/web/package-lock.json" | cut -c 1-16)"; }

# The lists of Debian packages for tests. A Node.js that did not come from Debian has an npm of its own, and refuses Debian's.
test_package_lists() {
  echo test-packages
  echo monitoring-packages
  command -v npm >/dev/null || echo npm-packages
}

# install_web_modules LOGS
install_web_modules() {
  local log=$1/web-modules.log dir fetch try
  dir=$(web_modules_dir)
  [[ ! -e $dir ]] || return 0
  mkdir -p "$cache"
  fetch=$(mktemp -d "$cache/web-fetch.XXXXXX") || fail "cannot write in $cache: is the disk full?"
  cp "$root/web/package.json" "$root/web/package-lock.json" "$fetch/"
  for try in 1 2 3; do
    if run_step "$log" "fetching $web_modules_title (15 MB, try $try)" \
      npm ci --prefix "$fetch" --ignore-scripts --no-audit --no-fund --no-update-notifier; then
      break
    elif ((try == 3)) || grep -q EINTEGRITY "$log"; then
      rm -rf "$fetch"
      show_end "$log" 5
      fail "npm could not fetch $web_modules_title as web/package-lock.json pins them; is there a network, and does npm reach a registry? Its words: $log"
    fi
    sleep 3
  done
  # Another one may have been quicker; what it made is the same.
  mv -T "$fetch" "$dir" 2>/dev/null || [[ -e $dir ]] || fail "cannot write in $cache: is the disk full?"
  rm -rf "$fetch"
}
