#!/usr/bin/env bash
# bench.sh [ARGS]: runs every benchmark of build/bench in turn, one at a time so that they do not disturb each other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

found=0
for program in build/bench/*_bench; do
  [[ -f $program && -x $program ]] || continue
  found=1
  say "$(basename "$program")"
  "$program" "$@"
done
[[ $found -eq 1 ]] || die "no benchmark was built (build/bench/*_bench)"
