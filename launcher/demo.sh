# shellcheck shell=bash
# The main job on shipped samples: every definition that has a sample is fed with it, by all three ways in.

# way_of DATASET: by which way its files come.
way_of() {
  case $1 in
    # A bucket elsewhere is somebody's: nothing is put there.
    consent_events | weather) if [[ -n $own_s3 ]]; then echo bucket; else echo folder; fi ;;
    track_events | movies) echo upload ;;
    *) echo folder ;;
  esac
}

# What is looked up comes first or last, as it happens: the reports are the same.
readonly sample_datasets=(weather consent_events track_events bookings orders baskets movies wiki_pages)

# defined_datasets: those of definitions without a mistake. The mistakes of others are told.
defined_datasets() {
  local said
  said=$(cli definitions check 2>"$logs/definitions.log") || {
    sed 's/^/    /' "$logs/definitions.log" >&2
    warn "these definitions have mistakes and are left out; the others run"
  }
  sed -n 's/^.*: dataset \([a-z][a-z0-9_]*\), .*/\1/p' <<<"$said"
}

# samples_of DATASET: its files, below its folder.
samples_of() { (cd "$home/samples/$1" && find . -type f | sed 's|^\./||' | LC_ALL=C sort); }

# takes_sample DATASET: a definition of this name may be somebody's own, of other files.
takes_sample() {
  local file found
  while read -r file; do
    # With a dead letter, which the samples have, its exit code is 1.
    found=$(cli doctor "$home/samples/$1/$file" --json 2>/dev/null </dev/null) || true
    jq -e --arg dataset "$1" '.dataset == $dataset and .state == "done"' <<<"$found" >/dev/null 2>&1 || return
  done < <(samples_of "$1")
}

# The token goes by a file that nobody else reads, for arguments are seen by everyone.
api_curl() {
  local token=${SLUICE_TOKEN:-}
  if [[ -z $token && -n ${SLUICE_TOKEN_FILE:-} ]]; then read -r token <"$SLUICE_TOKEN_FILE" || [[ -n $token ]]; fi
  curl -K <([[ -z $token ]] || printf 'header = "Authorization: Bearer %s"\n' "$token") "$@"
}
api_get() { api_curl -fsS -m 10 "http://127.0.0.1:$api_port$1"; }

# The place of the newest file; -1 if there is none. What is fed from now on comes behind it.
newest_place() { api_get '/v1/files?order=-place&limit=1' | jq -r '.files[0].place // -1'; }

# files_behind PLACE: as one JSON array; only what was fed since, however many files there are.
files_behind() {
  local cursor='' page pages='[]'
  while true; do
    page=$(api_get "/v1/files?place\[gt\]=$1&order=place&limit=1000${cursor:+&cursor=$cursor}") || return
    pages=$(jq -c --argjson page "$page" '. + $page.files' <<<"$pages") || return
    cursor=$(jq -r '.next // "" | @uri' <<<"$page")
    [[ -n $cursor ]] || break
  done
  printf '%s\n' "$pages"
}

# await_file SOURCE PATH [ID]: what its receipt will be known by.
await_file() {
  fed=$(jq -c --arg source "$1" --arg path "$2" --arg id "${3:-}" '. + [{$source, $path, $id}]' <<<"$fed")
}

# put_in_folder FILE PATH: copied beside, then renamed, so that no half file is ever seen.
put_in_folder() {
  local coming
  coming=$home/data/.${2##*/}.coming
  { mkdir -p "$(dirname "$home/data/in/$2")" && cp "$1" "$coming" && mv "$coming" "$home/data/in/$2"; } ||
    fail "cannot write in $home/data/in: is the disk full?"
  await_file folder "$2"
}

# put_in_bucket FILE KEY: with the user's keys kept out of the process list.
put_in_bucket() {
  local bucket=${SLUICE_S3_BUCKET:-$s3_bucket} key=${SLUICE_S3_PREFIX:-in/}$2 said
  # The signature is over the encoded path, where '=' is not as it stands.
  said=$(curl -sS -f -m 60 --aws-sigv4 aws:amz:us-east-1:s3 -K - -T "$1" "$(s3_address)/$bucket/${key//=/%3D}" \
    2>&1 <<<"user = \"$s3_key_id:$s3_secret\"") || fail "the sample $key could not be put in the bucket $bucket: $said"
  await_file s3 "s3://$bucket/$key"
}

# upload FILE NAME
upload() {
  local answer
  answer=$(api_curl -sS -m 60 --data-binary "@$1" "http://127.0.0.1:$api_port/v1/uploads?name=$2" 2>&1) &&
    jq -e .id <<<"$answer" >/dev/null 2>&1 || fail "the sample $2 could not be uploaded: $answer"
  await_file upload "$2" "$(jq -r .id <<<"$answer")"
}

# feed DATASET
feed() {
  local file path way
  way=$(way_of "$1")
  while read -r path; do
    file=$home/samples/$1/$path
    case $way in
      folder) put_in_folder "$file" "$path" ;;
      bucket) put_in_bucket "$file" "$path" ;;
      upload) upload "$file" "${path##*/}" ;;
    esac
  done < <(samples_of "$1")
  case $way in
    folder) progress "$1: copied to $home/data/in" ;;
    bucket) progress "$1: put in s3://${SLUICE_S3_BUCKET:-$s3_bucket}/${SLUICE_S3_PREFIX:-in/}" ;;
    upload) progress "$1: sent to POST /v1/uploads" ;;
  esac
}

# receipts_of FED FILES: for each file that was fed "settled" (its receipt balances, or the same bytes came
# before), "failed" with the reason, or "waiting".
receipts_of() {
  jq -nr --argjson fed "$1" --argjson files "$2" '
    $fed[] | . as $one
    | [$files[] | select(if $one.id != "" then .id == $one.id else .source == $one.source and .path == $one.path end)]
    | if any(.state == "failed") then
        "failed \($one.path): \(map(.error // empty) | first // "no reason given")"
      elif any(.state == "duplicate" or (.state == "done" and
        .rows == .records + .dead_letters + .duplicates + .corrections)) then "settled"
      else "waiting \($one.path)" end'
}

# await_receipts FED PLACE: ends the demo if one failed, or if none settled for three minutes.
await_receipts() {
  local files receipts='' settled=-1 now all shown=$SECONDS deadline=$((SECONDS + 180))
  all=$(jq length <<<"$1")
  while ((settled < all)); do
    if files=$(files_behind "$2" 2>/dev/null) && receipts=$(receipts_of "$1" "$files"); then
      if grep -q '^failed' <<<"$receipts"; then
        fail "a sample failed: $(sed -n 's/^failed //p' <<<"$receipts" | head -n 1)"
      fi
      now=$(grep -c '^settled' <<<"$receipts" || true)
      ((now == settled)) || deadline=$((SECONDS + 180))
      if ((now != settled && now == all || SECONDS - shown >= 2)); then
        shown=$SECONDS
        progress "    $now of $all files settled"
      fi
      settled=$now
    fi
    if ((settled < all && SECONDS >= deadline)); then
      sed -n 's/^waiting /    waits: /p' <<<"$receipts" >&2
      fail "no further receipt balanced within 3 minutes; see ./sluice status and ./sluice logs"
    fi
    ((settled == all)) || sleep 0.3
  done
}

# Rows may still be on their way to the tables when the last receipt balances.
caught_up() {
  local name lag
  for name in transform loader; do
    lag=$(lag_of "$(port_of "$name")")
    ((${lag:-1} == 0)) || return
  done
}

# await_reports: with how much is still on its way.
await_reports() {
  local deadline=$((SECONDS + 300)) shown=$SECONDS
  until caught_up; do
    ((SECONDS < deadline)) ||
      fail "the reports did not catch up within five minutes; see ./sluice status and ./sluice logs"
    if ((SECONDS - shown >= 5)); then
      shown=$SECONDS
      progress "    … records on their way: $(lag_of "$transform_port") to transform, $(lag_of "$loader_port") to loader"
    fi
    sleep 0.2
  done
}

# show_reports DATASET…: the head of each.
show_reports() {
  local dataset report
  for dataset in "$@"; do
    for report in $(api_get /v1/reports | jq -r --arg dataset "$dataset" '.reports[] | select(.dataset == $dataset) | .name'); do
      say ""
      say "$report"
      cli report "$report" --limit 3 || fail "the report $report cannot be read"
    done
  done
}

demo() {
  local dataset defined datasets=() fed='[]' place
  rm -rf "$home/samples"
  "$bin/sluice-samples" "$home/samples" >/dev/null || fail "the samples could not be written to $home/samples: is the disk full?"
  defined=$(defined_datasets)
  for dataset in "${sample_datasets[@]}"; do
    grep -qx "$dataset" <<<"$defined" || continue
    if takes_sample "$dataset"; then
      datasets+=("$dataset")
    else
      warn "the definition $dataset is of other files than the sample of that name, which is left out"
    fi
  done
  ((${#datasets[@]} > 0)) || fail "no definition in $definitions has a sample; the shipped ones are in $root/schemas"
  place=$(newest_place) || fail "the api does not tell the files there are; see ./sluice status and ./sluice logs api"
  for dataset in "${datasets[@]}"; do feed "$dataset"; done
  await_receipts "$fed" "$place"
  await_reports
  progress "every receipt balances"
  show_reports "${datasets[@]}"
  say ""
  say "receipts (rows = records + corrections + duplicates + dead letters)"
  cli files --limit "$(jq length <<<"$fed")" || fail "the receipts cannot be read"
  say ""
  say "dead letters (the newest)"
  cli dead-letters list --limit 5 || fail "the dead letters cannot be read"
  show_addresses
  say "  Drop a file of your own, or see the reports there are:  ./sluice report"
  say "  Stop it, state kept:                                    ./sluice down"
  say ""
}

command_demo() {
  no_arguments demo "$@"
  up
  demo
  progress "done"
}
