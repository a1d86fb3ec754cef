# The steps of `./dev check` and `./dev fuzz`; sourced after common.sh and build.sh.

check() {
  local steps=("$@") step failed=()
  [[ ${#steps[@]} -gt 0 ]] || steps=(format folders tidy asan tsan fuzz)
  for step in "${steps[@]}"; do
    [[ $(type -t "check_$step") == function ]] || die "no step '$step': format, folders, tidy, asan, tsan, fuzz"
  done
  for step in "${steps[@]}"; do
    say "check: $step"
    # One failing step does not hide the others. (In a process of its own, since `set -e` does not hold on the left of `||`.)
    bash -euo pipefail -c 'source scripts/common.sh; source scripts/build.sh; source scripts/check.sh; "check_$1"' step "$step" ||
      failed+=("$step")
  done
  [[ ${#failed[@]} -eq 0 ]] || die "check failed: ${failed[*]}"
  say "check: all good (${steps[*]})"
}

check_format() { sources | xargs --no-run-if-empty clang-format-14 --dry-run --Werror; }

check_folders() {
  build release structure_test
  build/release/structure_test --gtest_brief=1
}

# clang-tidy on the files that differ from the base (PARTWAY_TIDY_BASE, a commit) or on all of ours; those unchanged since it found nothing in
# them are not looked at again.
check_tidy() {
  build release partway_rpc structure_test   # the generated headers
  local files
  files=$(sources | grep '\.cc$' | grep -v '^tests/fuzz/\|^bench/')
  if [[ -n ${PARTWAY_TIDY_BASE:-} ]]; then
    files=$(comm -12 <(printf '%s\n' "$files" | LC_ALL=C sort) <(git diff --name-only "$PARTWAY_TIDY_BASE" -- src tests | LC_ALL=C sort))
  fi
  [[ -n $files ]] || return 0
  printf '%s\n' "$files" | xargs --max-args=10000 python3 scripts/tidy.py build/release
}

# TSan's shadow memory does not fit every layout that a kernel may hand out; without randomisation it does.
fixed_layout() { if setarch "$(uname -m)" -R true 2>/dev/null; then setarch "$(uname -m)" -R "$@"; else "$@"; fi; }

check_asan() {
  export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  export LSAN_OPTIONS=suppressions=$PWD/cmake/sanitizers/lsan.supp:print_suppressions=0
  build asan
  ctest --test-dir build/asan --output-on-failure --no-tests=error --parallel "$(jobs_wanted)" --timeout 900
}

# The tests in which threads meet. Reports of misused mutexes are off: the libraries that are not instrumented lock some of theirs
# unseen, and every unlock of those would be one.
check_tsan() {
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:report_mutex_bugs=0:suppressions=$PWD/cmake/sanitizers/tsan.supp
  local tests=(net_test engine_test profile_measure_test integration_test) test
  build tsan "${tests[@]}"
  for test in "${tests[@]}"; do
    # A deadlock ends here, and says where its threads are.
    fixed_layout timeout --signal=ABRT --kill-after=30 1800 "build/tsan/$test" --gtest_brief=1
  done
}

check_fuzz() { fuzz 20; }

# fuzz SECONDS: each target for that long, from its corpus; finds are left in build/fuzz/finds (and belong into the corpus).
fuzz() {
  [[ $1 =~ ^[1-9][0-9]*$ ]] || die "fuzz needs a number of seconds, not '$1'"
  build fuzz fuzz_wire fuzz_model fuzz_codec
  export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  local target
  for target in wire model codec; do
    say "fuzzing $target for $1 s"
    mkdir -p "build/fuzz/corpus/$target" build/fuzz/finds
    # The first folder takes what is new, the second is the one that is kept with the code.
    run_quietly "fuzzing $target (the input is under build/fuzz/finds)" build/fuzz/fuzz_$target -max_total_time="$1" -timeout=20 \
      -rss_limit_mb=3000 -max_len=65536 -artifact_prefix="build/fuzz/finds/$target-" "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
  done
}
