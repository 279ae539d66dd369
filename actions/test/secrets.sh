#!/usr/bin/env bash
# shellcheck disable=SC2016 # the backticks and the expression are text
# Sets the variables that SECRETS holds, one NAME=value a line, for what this step runs. Every value is masked before any
# line is judged, and no message holds one. Needs foreign.sh.

mask_lines() {
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    [[ $line == *=* ]] && line=${line#*=}
    if [[ -n ${line//[[:space:]]/} ]]; then printf '::add-mask::%s\n' "$(escape "$line")"; fi
  done <<<"$1"
}

refuse_secret() {
  printf '::error::input `secrets`: has a line that is not NAME=value%%0A  found: line %s (its text is not shown)%%0A  next: %s\n' \
    "$1" 'write it like NPM_TOKEN=${{ secrets.NPM_TOKEN }}, one a line'
  exit 2
}

# What steers this step, the shell or the runner is no secret of a build.
set_secrets() {
  local line name number=0
  [[ -n ${1//[[:space:]]/} ]] || return 0
  mask_lines "$1"
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    line=${line%$'\r'}
    line=${line#"${line%%[![:space:]]*}"}
    [[ -z $line || $line == \#* ]] && continue
    name=${line%%=*}
    [[ $line == *=?* && $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || refuse_secret "$number"
    [[ $name =~ ^(GITHUB_|RUNNER_|BASH|LD_) || $name == PATH || $name == IFS || $name == HOME ]] && refuse_secret "$number"
    export "$name=${line#*=}"
  done <<<"$1"
}

set_secrets "${SECRETS:-}"
unset SECRETS
