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

# install_operator PLANE: what a cluster needs for the operator, in one that scripts/control-plane has made, and
# PLANE/operator.conf, a kubeconfig of the operator's account. $KUBECONFIG is the administrator's.
install_operator() {
  local kubectl=$1/bin/kubectl file request token tries=0
  # Old servers do not know all of what the CRD says.
  "$kubectl" apply --validate=false -f "$root/crds/hardeningprofiles.yaml" >/dev/null
  for file in namespace service-account rbac; do "$kubectl" apply -f "$root/manifests/$file.yaml" >/dev/null; done
  # And take Events of what is cluster-scoped elsewhere.
  sed 's/namespace: default$/namespace: kube-system/' "$root/manifests/rbac.yaml" | "$kubectl" apply -f - >/dev/null
  # Old kubectl fails where a definition has no status yet.
  until "$kubectl" wait --for=condition=Established crd/hardeningprofiles.hardening.dev >/dev/null 2>&1; do
    ((tries++ < 100)) || die "the API server does not come to serve HardeningProfiles"
    sleep 0.1
  done
  request='{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":86400}}'
  token=$("$kubectl" create --raw /api/v1/namespaces/hardening-system/serviceaccounts/hardening-operator/token -f - <<<"$request")
  [[ $token =~ \"token\":\ *\"([^\"]+)\" ]] || die "the server gave no token for the operator's account"
  sed -e '/client-certificate-data:/d' -e "s|client-key-data:.*|token: ${BASH_REMATCH[1]}|" "$KUBECONFIG" >"$1/operator.conf"
}
