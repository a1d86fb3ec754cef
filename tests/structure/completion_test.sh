#!/usr/bin/env bash
# completion_test.sh PARTWAY: the bash completion that the program prints offers verbs, their subcommands, their flags and models.
set -euo pipefail

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

script=$("$1" completion bash)
eval "$script"
compopt() { :; }   # only there while completing

complete_words() {  # WORDS...: the last is being typed
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _partway
  printf '%s\n' "${COMPREPLY[@]}"
}

complete_words partway zo | grep -qx zoo || fail "'zo' does not become 'zoo'"
complete_words partway zoo "" | grep -qx build || fail "zoo has no build"
complete_words partway zoo build --s | grep -qx -- --seed || fail "zoo build has no --seed"
complete_words partway zoo list --j | grep -qx -- --json || fail "zoo list has no --json"
[[ -z $(complete_words partway zoo --nothing) ]] || fail "a flag that does not exist is offered"
"$1" completion tcsh 2>/dev/null && fail "an unknown shell is accepted" || [[ $? -eq 2 ]] || fail "an unknown shell is no usage error"
for shell in bash zsh fish; do
  [[ $("$1" completion "$shell" | wc -l) -gt 10 ]] || fail "no script for $shell"
  command -v "$shell" >/dev/null || continue
  "$1" completion "$shell" | "$shell" -n || fail "the script for $shell does not parse"
done
echo "all held"
