#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2153 # the backticks are Markdown's, and FOLDER is the step's
# What a folder needs: reads FOLDER, COMMAND, PYTHON_VERSION, NODE_VERSION; writes the step's outputs.
set -euo pipefail
# shellcheck source=foreign.sh
# shellcheck disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/foreign.sh"

folder=${FOLDER%/}
put() { printf '%s=%s\n' "$1" "${2//[$'\r\n']/ }" >>"$GITHUB_OUTPUT"; }
refuse() {
  printf '::error::input `working-directory`: %s%%0A  found: %s%%0A  next: %s\n' "$(escape "$1")" "$(escape "$2")" "$(escape "$3")"
  exit 2
}

[[ -d $folder ]] || refuse 'names no folder' "$FOLDER" 'check out the repository before this step, or correct the path'

python='' node=''
for file in requirements.txt pyproject.toml setup.py uv.lock poetry.lock; do
  [[ -f $folder/$file ]] && python=python
done
[[ -f $folder/package.json ]] && node=node
kind="$python${python:+${node:+ }}$node"
[[ -n $kind || -n ${COMMAND:-} ]] ||
  refuse 'is neither a Python nor a Node project' "no requirements.txt, pyproject.toml, setup.py or package.json in $FOLDER" 'correct the path, or give `command`'
put kind "${kind:-none}"

# The first of these files that is there.
first() {
  local file
  for file in "$@"; do
    if [[ -f $folder/$file ]]; then
      echo "$folder/$file"
      return
    fi
  done
}

if [[ -n $python ]]; then
  file=$(first .python-version)
  if [[ -z $file ]] && grep -qs '^requires-python' "$folder/pyproject.toml"; then file=$folder/pyproject.toml; fi
  if [[ -n ${PYTHON_VERSION:-} ]]; then
    put python-version "$PYTHON_VERSION"
  elif [[ -n $file ]]; then
    put python-version-file "$file"
  else
    put python-version 3.13
  fi
  lock=$(first uv.lock poetry.lock requirements.txt pyproject.toml setup.py)
  put python-lock "$lock"
  # setup-python keeps pip's cache, and that serves uv's and poetry's own installation too.
  put python-cache pip
fi

if [[ -n $node ]]; then
  file=$(first .nvmrc .node-version)
  if [[ -z $file ]] && grep -Eqs '"node"[[:space:]]*:' "$folder/package.json"; then file=$folder/package.json; fi
  if [[ -n ${NODE_VERSION:-} ]]; then
    put node-version "$NODE_VERSION"
  elif [[ -n $file ]]; then
    put node-version-file "$file"
  else
    put node-version 24
  fi
  lock=$(first package-lock.json npm-shrinkwrap.json pnpm-lock.yaml yarn.lock)
  put node-lock "$lock"
  case $lock in
    *package-lock.json | *npm-shrinkwrap.json) put node-cache npm ;;
    # pnpm and yarn must be on the PATH before setup-node can ask them where their cache is.
    *pnpm-lock.yaml) command -v pnpm >/dev/null && put node-cache pnpm ;;
    *yarn.lock) command -v yarn >/dev/null && put node-cache yarn ;;
  esac
fi
exit 0
