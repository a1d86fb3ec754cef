#!/usr/bin/env bash
# setup.sh JOB...: makes the machine ready for the jobs (build, check, fuzz, bench). What is there already is left alone, without
# touching the network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

packages_for() { awk -v jobs=" $* " '$1 !~ /^#/ && NF == 2 && index(jobs, " " $1 " ") { print $2 }' scripts/packages.txt | sort -u; }

missing_packages() {
  local installed
  installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' 2>/dev/null | awk '$1 == "installed" { print $2 }' | sort -u)
  comm -13 <(printf '%s\n' "$installed") <(packages_for "$@")
}

install_packages() {
  if ! is_debian_12; then
    # Names as in Debian 12; CMake says what it misses.
    [[ -d build ]] || say "this is not Debian 12: install the counterparts of these yourself: $(packages_for "$@" | paste -sd ' ')"
    return
  fi
  local missing
  missing=$(missing_packages "$@")
  [[ -n $missing ]] || return 0
  apt_install $missing
}

apt_install() {
  say "installing $# packages: $*"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 --option DPkg::Lock::Timeout=300 --option Acquire::Retries=3)
  # A list of somebody else's that does not answer is no reason to stop: what counts is whether the packages install.
  (run_quietly "apt-get update" as_root "${apt[@]}" update) || say "going on with the package lists as they are"
  run_quietly "installing the packages" as_root "${apt[@]}" --yes --no-install-recommends --option Dpkg::Use-Pty=0 install "$@"
}

# True if CMake or pkg-config finds an ONNX Runtime of the machine's own.
machine_has_onnxruntime() {
  pkg-config --exists libonnxruntime 2>/dev/null && return 0
  local dir found=1
  dir=$(mktemp -d)
  cat >"$dir/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(probe LANGUAGES CXX)
find_package(onnxruntime CONFIG REQUIRED)
CMAKE
  cmake -S "$dir" -B "$dir/build" >/dev/null 2>&1 && found=0
  rm -rf "$dir"
  return $found
}

main() {
  local jobs=("$@")
  [[ ${#jobs[@]} -gt 0 ]] || jobs=(build)
  install_packages "${jobs[@]}"
  [[ " ${jobs[*]} " == *" build "* ]] || return 0
  if scripts/onnxruntime.sh present; then return 0; fi
  if machine_has_onnxruntime; then return 0; fi
  # Python's downloader, for ONNX Runtime only.
  if ! python3 -m pip --version >/dev/null 2>&1; then
    is_debian_12 || die "python3 with pip is needed to fetch ONNX Runtime; or install ONNX Runtime as a CMake or pkg-config package"
    apt_install python3-pip
  fi
  scripts/onnxruntime.sh fetch
}

main "$@"
