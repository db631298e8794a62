# shellcheck shell=bash
# What the scripts share. To be sourced, after 'set -euo pipefail'.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/hardening-operator
# shellcheck disable=SC2034  # used by those who source this
readonly root cache

bold='' dim='' red='' green='' plain=''
if [[ -t 1 && ${TERM:-dumb} != dumb && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
fi
# shellcheck disable=SC2034  # used by those who source this
readonly bold dim red green plain

# The name of the script, for messages.
me=${0##*/}

say() { printf '%s: %s\n' "$me" "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# quietly WHAT LOG COMMAND...: runs a command with its output in LOG, says
# now and then that it is still at it, and shows the log's end if it fails. On a
# terminal the command's own progress is shown instead. Whoever calls this calls
# stop_quietly when interrupted.
worker=''
quietly() {
  local what=$1 log=$2 status=0 started=$SECONDS shown=0
  shift 2
  if [[ -t 1 ]]; then
    "$@" || die "$what failed: see above"
    return
  fi
  # In a session of its own, to end it as a whole.
  setsid "$@" >"$log" 2>&1 </dev/null &
  worker=$!
  while kill -0 "$worker" 2>/dev/null; do
    sleep 0.5
    if ((SECONDS - started >= shown + 60)); then
      shown=$((SECONDS - started))
      say "... $what: $shown s so far"
    fi
  done
  wait "$worker" || status=$?
  worker=
  if ((status)); then
    say "$what failed (exit $status). The end of $log:"
    tail -n 60 "$log" | sed 's/^/  | /' >&2
    exit 1
  fi
}
stop_quietly() { [[ -z $worker ]] || kill -- "-$worker" 2>/dev/null || true; }

# Runs a command as root: as it is for root, by sudo for others.
as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    command -v sudo >/dev/null || die "this needs root, and there is no sudo: run as root: $*"
    sudo "$@"
  fi
}
