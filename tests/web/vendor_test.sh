#!/usr/bin/env bash
# What web/vendor holds is, byte for byte, what web/package-lock.json pins, with its licences.
#   vendor_test.sh LOGS
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
vendor=$here/../../web/vendor
modules=$("$here/modules.sh" "$1")/node_modules
cmp "$modules/chart.js/dist/chart.umd.min.js" "$vendor/chart.umd.min.js"
for package in chart.js @kurkle/color; do
  version=$(node -p 'require(process.argv[1]).version' "$modules/$package/package.json")
  [[ $package == @* ]] && name=$package || name="Chart.js"
  grep -qF "$name $version" "$vendor/chart.licence.txt" || {
    echo "web/vendor/chart.licence.txt does not name $name $version" >&2
    exit 1
  }
  # The licence, whole.
  licence=$(cat "$modules/$package/"LICENSE*)
  [[ $(<"$vendor/chart.licence.txt") == *"$licence"* ]] || {
    echo "web/vendor/chart.licence.txt does not hold the licence of $package" >&2
    exit 1
  }
done
