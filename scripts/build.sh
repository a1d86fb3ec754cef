# Configures where needed and builds; sourced after common.sh.

build() {  # PRESET [TARGETS...]
  local preset=$1
  shift
  local cache="build/$preset/CMakeCache.txt"
  if [[ ! -f $cache || CMakePresets.json -nt $cache || ! -f build/$preset/build.ninja ]]; then
    say "configuring build/$preset"
    run_quietly "configuring build/$preset" cmake --preset "$preset"
  fi
  cmake --build "build/$preset" --parallel "$(jobs_wanted)" ${1:+--target "$@"}
}
