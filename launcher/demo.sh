# shellcheck shell=bash
# The main job on shipped samples: every definition that has a sample is fed with it.

# sample_datasets: those whose definition this home uses.
sample_datasets() {
  local folder dataset
  for folder in "$home"/samples/*/; do
    dataset=$(basename "$folder")
    defines "$dataset" && echo "$dataset"
  done
  return 0
}

defines() {
  local folder folders
  IFS=: read -r -a folders <<<"$definitions"
  for folder in "${folders[@]}"; do
    grep -qsE "^dataset:[[:space:]]*[\"']?$1[\"']?[[:space:]]*(#.*)?$" "$folder"/*.yaml "$folder"/*.yml && return
  done
  return 1
}

api_get() { curl -fsS -m 10 "http://127.0.0.1:$api_port$1"; }

# All files the api knows, one page after the other, as one JSON array.
all_files() {
  local cursor='' page pages='[]'
  while true; do
    page=$(api_get "/v1/files?limit=1000${cursor:+&cursor=$cursor}") || return
    pages=$(jq -c --argjson page "$page" '. + $page.files' <<<"$pages") || return
    cursor=$(jq -r '.next // "" | @uri' <<<"$page")
    [[ -n $cursor ]] || break
  done
  printf '%s\n' "$pages"
}

# feed DATASET: copies beside, then renames, so that no half file is ever seen.
feed() {
  local file name
  for file in "$home/samples/$1"/*; do
    name=$(basename "$file")
    cp "$file" "$home/data/.$name.coming"
    mv "$home/data/.$name.coming" "$home/data/in/$name"
    fed+=("$name")
  done
}

# settled NAME: it left data/in and each of its entries is in a final state; a failed one ends the demo.
settled() {
  local name=$1 entries
  [[ ! -e $home/data/in/$name ]] || return
  entries=$(all_files 2>/dev/null | jq -c --arg name "$name" 'map(select(.name == $name))') || return
  if jq -e 'any(.state == "failed")' <<<"$entries" >/dev/null; then
    fail "the sample $name failed: $(jq -r 'map(.error // empty) | first // "no reason given"' <<<"$entries")"
  fi
  jq -e 'length > 0 and all(.state == "duplicate" or (.state == "done" and
    .rows == .records + .dead_letters + .duplicates + .corrections))' <<<"$entries" >/dev/null
}

# Rows may still be on their way to the tables when the last receipt balances.
caught_up() {
  local name lag
  for name in transform loader; do
    lag=$(lag_of "$(port_of "$name")")
    ((${lag:-0} == 0)) || return
  done
}

demo() {
  local dataset datasets report fed=() deadline=$((SECONDS + 180)) name
  "$bin/sluice-samples" "$home/samples" bookings=2000 >/dev/null || fail "the samples could not be written to $home/samples"
  mapfile -t datasets < <(sample_datasets)
  ((${#datasets[@]} > 0)) || fail "no definition in $definitions has a sample; the shipped ones are in schemas/"
  for dataset in "${datasets[@]}"; do feed "$dataset"; done
  progress "feeding ${fed[*]}"
  for name in "${fed[@]}"; do
    until settled "$name"; do
      if ((SECONDS >= deadline)); then
        "$bin/sluice-cli" files >&2 || true
        fail "the receipt of $name did not balance within 3 minutes; see ./sluice status and ./sluice logs"
      fi
      sleep 0.2
    done
  done
  wait_until 300 caught_up || fail "the reports did not catch up within five minutes; see ./sluice status and ./sluice logs"
  progress "every receipt balances"
  for dataset in "${datasets[@]}"; do
    for report in $(api_get /v1/reports | jq -r --arg dataset "$dataset" \
      '.reports[] | select(.dataset == $dataset or .dataset == null) | .name'); do
      say ""
      say "$report"
      cli report "$report" --limit 10 || fail "the report $report cannot be read"
    done
  done
  say ""
  say "receipts (rows = records + corrections + duplicates + dead letters)"
  cli files --limit 20 || fail "the receipts cannot be read"
  say ""
  say "dead letters"
  cli dead-letters list --limit 5 || fail "the dead letters cannot be read"
  show_addresses
  say "  Drop a file of your own, or try:  ./sluice report monthly_restaurants_report country=France --order=-amount"
  say "  Stop it, state kept:              ./sluice down"
  say ""
}

command_demo() {
  no_arguments demo "$@"
  up
  demo
  progress "done"
}
