#!/usr/bin/env bash
# A token is made: told once, and its hash in an entry that the file of tokens takes.
source "$(dirname "$0")/assert.sh"
cli=$1
tokens=$scratch/tokens.yaml

"$cli" token grafana --scopes read --expires 90d >"$tokens" 2>"$scratch/one" || wrong "a token for reading"
"$cli" token delivery-1 --scopes read,write >>"$tokens" 2>"$scratch/two" || wrong "a token for writing"
for told in one two; do
  [[ $(cat "$scratch/$told") =~ ^[A-Za-z0-9_-]{43}$ ]] || wrong "a token is 32 bytes in base64url: $(cat "$scratch/$told")"
  grep -qF "$(cat "$scratch/$told")" "$tokens" && wrong "the token stands in its entry"
  grep -qF "sha256: $(tr -d '\n' <"$scratch/$told" | sha256sum | cut -d' ' -f1)" "$tokens" || wrong "its hash does not"
done
[[ $(cat "$scratch/one") != $(cat "$scratch/two") ]] || wrong "two tokens are the same"
grep -q 'scopes: \[read, write\]' "$tokens" || wrong "the scopes are not in the entry"
[[ $(grep -c 'expires: 20' "$tokens") == 1 ]] || wrong "one of the two expires"

run "$cli" token "two words" --scopes read
expect_code 2 "a name with a space"
run "$cli" token a --scopes reed
expect_code 2 "no scope"
expect_said 'no scope "reed"; there are read, write and admin'
run "$cli" token a --scopes read --expires yesterday
expect_code 2 "no time to come"
expect_said "--expires takes"
run "$cli" token a
expect_code 2 "without scopes"

# A file that is named and not there is told, and no request is sent.
SLUICE_TOKEN_FILE=$scratch/none run "$cli" files
expect_code 2 "no file of the token"
expect_said "SLUICE_TOKEN_FILE names $scratch/none"
finish
