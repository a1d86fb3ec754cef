#!/usr/bin/env bash
# setup_test.sh ROOT: set-up refuses a fetched part whose hash is not the pinned one, says which, and leaves nothing behind. Needs no network.
set -euo pipefail

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

case $(uname -m) in
  x86_64) platform=manylinux_2_28_x86_64 ;;
  aarch64) platform=manylinux_2_28_aarch64 ;;
  *) exit 0 ;;
esac

root=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/tree" "$dir/parts"
cp -r "$root/scripts" "$dir/tree/"
wheel=onnxruntime-1.31.1-cp312-cp312-$platform.whl
echo "not the wheel" >"$dir/parts/$wheel"
got=$(sha256sum "$dir/parts/$wheel" | cut -d' ' -f1)

cd "$dir/tree"
if scripts/onnxruntime.sh present; then fail "something is called present in an empty tree"; fi
if PARTWAY_FETCH_DIR=$dir/parts scripts/onnxruntime.sh fetch 2>"$dir/stderr"; then fail "a wrong wheel was accepted"; fi
grep -q "error: $wheel has the wrong SHA-256: expected [0-9a-f]\{64\}, got $got" "$dir/stderr" || fail "no clear line: $(cat "$dir/stderr")"
[[ -z $(ls -A .deps) ]] || fail "something was left behind: $(ls -A .deps)"

# What is there counts only while it is what was fetched, byte for byte, and for this pin.
mkdir -p .deps/onnxruntime/lib
scripts/onnxruntime.sh pin >.deps/onnxruntime/PIN
echo library >.deps/onnxruntime/lib/libonnxruntime.so
(cd .deps/onnxruntime && sha256sum lib/libonnxruntime.so >SHA256SUMS)
scripts/onnxruntime.sh present || fail "what was fetched is not called present"
echo "another library" >.deps/onnxruntime/lib/libonnxruntime.so
if scripts/onnxruntime.sh present; then fail "a changed library is called present"; fi
echo library >.deps/onnxruntime/lib/libonnxruntime.so
echo "onnxruntime 0" >.deps/onnxruntime/PIN
if scripts/onnxruntime.sh present; then fail "another version is called present"; fi

# The list of packages is read as the jobs say.
lines=$(awk '$1 !~ /^#/ && NF > 0 && NF != 2' scripts/packages.txt)
[[ -z $lines ]] || fail "scripts/packages.txt: not a job and a package: $lines"
echo "all held"
