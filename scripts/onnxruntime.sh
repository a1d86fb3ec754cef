#!/usr/bin/env bash
# onnxruntime.sh present|fetch|pin: ONNX Runtime under .deps/onnxruntime (include/, lib/), for machines that have none. Two official
# parts, both pinned by hash: the library out of Microsoft's Python wheel, and the C and C++ headers out of Debian 13's
# libonnxruntime-dev, unpacked and not installed. The library keeps older interfaces, so headers of API 21 go with it.
# With PARTWAY_FETCH_DIR set, both are taken from that folder instead (machines without a network); the hashes hold just the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

readonly kRoot=.deps/onnxruntime
readonly kVersion=1.31.1
readonly kHeaders=1.21.0+dfsg-1
readonly kHeadersRelease=trixie

case $(uname -m) in
  x86_64)
    readonly kPlatform=manylinux_2_28_x86_64 kDebArch=amd64
    readonly kWheelHash=1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536
    readonly kDebHash=14f7d959d5deacbcf1504830d4189f91fc67382b399ed9ae9d3aa9c4050ced08
    ;;
  aarch64)
    readonly kPlatform=manylinux_2_28_aarch64 kDebArch=arm64
    readonly kWheelHash=0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc
    readonly kDebHash=d4b1967893865756c0fa8536be165259a8eb0e9068e60d322ba707ef4527e44e
    ;;
  *) readonly kPlatform='' kDebArch='' kWheelHash='' kDebHash='' ;;
esac
readonly kPin="onnxruntime $kVersion $kWheelHash headers $kHeaders $kDebHash"

# What is there is what was fetched for this pin, byte for byte.
present() {
  [[ -f $kRoot/PIN && $(<"$kRoot/PIN") == "$kPin" && -f $kRoot/SHA256SUMS ]] &&
    (cd "$kRoot" && sha256sum --check --status --strict SHA256SUMS 2>/dev/null)
}

# verify FILE HASH: refuses anything else.
verify() {
  local got
  [[ -f $1 ]] || die "$(basename "$1") was not fetched"
  got=$(sha256sum "$1" | cut -d' ' -f1)
  [[ $got == "$2" ]] || die "$(basename "$1") has the wrong SHA-256: expected $2, got $got; nothing was installed"
}

fetch_library() {  # DIR
  say "fetching ONNX Runtime $kVersion"
  local wheel
  if [[ -n ${PARTWAY_FETCH_DIR:-} ]]; then
    cp "$PARTWAY_FETCH_DIR"/onnxruntime-"$kVersion"-*-"$kPlatform".whl "$1/" || die "no wheel of onnxruntime $kVersion for $kPlatform in $PARTWAY_FETCH_DIR"
  else
    # The hash is checked below, where a mismatch gets a line of its own.
    run_quietly "fetching the onnxruntime $kVersion wheel" python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps \
      --only-binary=:all: --implementation cp --python-version 3.12 --abi cp312 --platform "$kPlatform" --dest "$1" "onnxruntime==$kVersion"
  fi
  wheel=$(find "$1" -name '*.whl')
  verify "$wheel" "$kWheelHash"
  mkdir -p "$1/tree/lib"
  python3 - "$wheel" "$kVersion" "$1/tree" <<'PYTHON' || die "the onnxruntime wheel does not hold what was expected"
import sys, zipfile
wheel, version, tree = sys.argv[1:]
with zipfile.ZipFile(wheel) as z:
    def take(suffix, path):
        name, = [n for n in z.namelist() if n.endswith(suffix)]
        with open(f"{tree}/{path}", "wb") as f:
            f.write(z.read(name))
    take(f"capi/libonnxruntime.so.{version}", f"lib/libonnxruntime.so.{version}")
    take("onnxruntime/LICENSE", "LICENSE")
    take("onnxruntime/ThirdPartyNotices.txt", "ThirdPartyNotices.txt")
PYTHON
  chmod 755 "$1/tree/lib/libonnxruntime.so.$kVersion"
  ln -s "libonnxruntime.so.$kVersion" "$1/tree/lib/libonnxruntime.so.1"
  ln -s libonnxruntime.so.1 "$1/tree/lib/libonnxruntime.so"
}

# The machine's own list of Debian 12's main suite with the release's name swapped, as a list of its own: same mirror, same keys.
headers_list() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [[ -r $file ]] || continue
    case $file in
      *.list) grep -E '^[[:space:]]*deb[[:space:]].*(http|https|ftp|file|copy|mirror\+?[a-z]*):.*[[:space:]]bookworm[[:space:]]' "$file" || true ;;
      *.sources)
        # Stanzas to single lines: deb [signed-by=...] URI SUITE COMPONENTS.
        awk 'function flush() {
               if (types ~ /(^| )deb( |$)/ && suites ~ /(^| )bookworm( |$)/ && enabled != "no" && uris != "") {
                 split(uris, uri, " ")
                 print "deb " (key != "" && key !~ /BEGIN/ ? "[signed-by=" key "] " : "") uri[1] " bookworm main"
               }
               types = suites = uris = key = enabled = ""
             }
             /^[[:space:]]*#/ { next }
             /^[[:space:]]*$/ { flush(); next }
             { name = tolower($1); $1 = ""; sub(/^ +/, "") }
             name == "types:" { types = $0 }
             name == "suites:" { suites = $0 }
             name == "uris:" { uris = $0 }
             name == "signed-by:" { key = $0 }
             name == "enabled:" { enabled = tolower($0) }
             END { flush() }' "$file"
        ;;
    esac
  done | sed -E "s/[[:space:]]bookworm[[:space:]]+.*/ $kHeadersRelease main/" | awk '!seen[$0]++' | head -n 1
}

fetch_headers() {  # DIR
  say "fetching the ONNX Runtime headers $kHeaders"
  local deb
  if [[ -n ${PARTWAY_FETCH_DIR:-} ]]; then
    cp "$PARTWAY_FETCH_DIR"/libonnxruntime-dev_*_"$kDebArch".deb "$1/" || die "no libonnxruntime-dev $kHeaders for $kDebArch in $PARTWAY_FETCH_DIR"
  else
    mkdir -p "$1/apt/lists/partial" "$1/apt/cache/archives/partial" "$1/apt/none"
    headers_list >"$1/apt/sources.list"
    [[ -s $1/apt/sources.list ]] || die "no source list of Debian 12 in /etc/apt to fetch the ONNX Runtime headers by"
    # Lists and cache of its own: the system's apt is not touched, and no root is needed.
    local apt=(apt-get --quiet=2 --option "Dir::Etc::sourcelist=$1/apt/sources.list" --option "Dir::Etc::sourceparts=$1/apt/none"
      --option "Dir::Etc::preferences=/dev/null" --option "Dir::Etc::preferencesparts=$1/apt/none" --option "Dir::State::lists=$1/apt/lists"
      --option "Dir::Cache=$1/apt/cache" --option Acquire::Languages=none --option Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
      --option Acquire::Retries=3 --option APT::Sandbox::User=)
    run_quietly "reading Debian 13's package list" "${apt[@]}" update
    (cd "$1" && run_quietly "fetching libonnxruntime-dev $kHeaders" "${apt[@]}" download "libonnxruntime-dev:$kDebArch=$kHeaders")
  fi
  deb=$(find "$1" -maxdepth 1 -name '*.deb')
  verify "$deb" "$kDebHash"
  dpkg-deb --extract "$deb" "$1/deb"
  mv "$1/deb/usr/include/onnxruntime" "$1/tree/include"
}

fetch() {
  [[ -n $kPlatform ]] || die "no ONNX Runtime is pinned for $(uname -m): install it as a CMake or pkg-config package"
  mkdir -p .deps
  local dir
  dir=$(mktemp -d "$PWD/.deps/fetch.XXXXXX")
  trap "rm -rf '$dir'" EXIT
  fetch_library "$dir"
  fetch_headers "$dir"
  printf '%s\n' "$kPin" >"$dir/tree/PIN"
  (cd "$dir/tree" && find . -type f ! -name SHA256SUMS -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >SHA256SUMS)
  # Only now, and whole.
  rm -rf "$kRoot"
  mv "$dir/tree" "$kRoot"
  present || die "$kRoot does not read back as it was written"
}

case ${1:-} in
  present) present ;;
  fetch) fetch ;;
  pin) echo "$kPin" ;;
  *) die "usage: scripts/onnxruntime.sh present|fetch|pin" ;;
esac
