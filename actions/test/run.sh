#!/usr/bin/env bash
# shellcheck disable=SC2016 # the backticks are Markdown's
# Runs COMMAND, or what the folder's KIND is tested with, and writes the job summary. Reads TITLE and FOLDER too.
set -euo pipefail
# shellcheck source=foreign.sh
# shellcheck disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/foreign.sh"
# shellcheck source=secrets.sh
# shellcheck disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/secrets.sh"

commands=()
if [[ -n ${COMMAND:-} ]]; then
  commands=("$COMMAND")
else
  if [[ $KIND == *python* ]]; then
    if [[ -f uv.lock ]]; then
      commands+=('uv run python -m pytest')
    elif [[ -f poetry.lock ]]; then
      commands+=('poetry run python -m pytest')
    else
      python -m pytest --version >/dev/null 2>&1 || python -m pip install --quiet pytest
      commands+=('python -m pytest')
    fi
  fi
  if [[ $KIND == *node* ]]; then commands+=('npm test'); fi
fi

log=$(mktemp)
start=$SECONDS
outcome=passed
for command in "${commands[@]}"; do
  printf '::group::%s\n' "$(escape "${command%%$'\n'*}")"
  status=0
  foreign bash -eo pipefail -c "$command" 2>&1 | harmless | tee -a "$log" || status=${PIPESTATUS[0]}
  echo '::endgroup::'
  if ((status != 0)); then
    outcome=failed
    break
  fi
done
seconds=$((SECONDS - start))

{
  printf 'outcome=%s\n' "$outcome"
  printf 'duration-seconds=%s\n' "$seconds"
} >>"$GITHUB_OUTPUT"
{
  printf '### %s: %s\n\n' "${TITLE//$'\n'/ }" "$outcome"
  printf '| | |\n| --- | --- |\n| folder | `%s` |\n| time | %ss |\n' "${FOLDER//$'\n'/ }" "$seconds"
  if [[ $outcome == failed ]]; then
    # Four backticks, for the output may have three; none of its lines has more.
    printf '| command | ended with %s |\n\nThe last lines:\n\n````text\n' "$status"
    tail -n 40 "$log" | cut -c 1-400 | sed 's/````*/```/g'
    printf '````\n'
  fi
} >>"$GITHUB_STEP_SUMMARY"

if [[ $outcome == failed ]]; then
  printf '::error title=%s::`%s` ended with %s in %s\n' \
    "$(escape_property "$TITLE")" "$(escape "${command%%$'\n'*}")" "$status" "$(escape "$FOLDER")"
  exit 1
fi
