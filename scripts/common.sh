# What the scripts share; sourced with the repository root as the working directory.

say() { printf '%s\n' "dev: $*" >&2; }
die() {
  printf '%s\n' "dev: error: $*" >&2
  exit 1
}

# As root, or through sudo.
as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this step needs root: run it as root or install sudo ($*)"
  fi
}

# run_quietly WHAT COMMAND...: silent when it works; its output and one line when it does not.
run_quietly() {
  local what=$1 log status=0
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  [[ $status -eq 0 ]] || cat "$log" >&2
  rm -f "$log"
  [[ $status -eq 0 ]] || die "$what failed (exit code $status)"
}

# Jobs for the build: the machine's cores, held down where memory is short (a gRPC file takes about 0.7 GB to compile).
jobs_wanted() {
  local cores gigabytes
  cores=$(nproc)
  gigabytes=$(awk '/MemAvailable/ { print int($2 / 1000000 / 0.8) }' /proc/meminfo)
  [[ $gigabytes -ge 1 ]] || gigabytes=1
  echo "${PARTWAY_JOBS:-$((cores < gigabytes ? cores : gigabytes))}"
}

is_debian_12() { [[ -r /etc/os-release ]] && (source /etc/os-release && [[ ${ID:-} == debian && ${VERSION_ID:-} == 12 ]]); }

# Every C++ file of ours.
sources() { find src tests bench -type f \( -name '*.h' -o -name '*.cc' \) 2>/dev/null | LC_ALL=C sort; }
