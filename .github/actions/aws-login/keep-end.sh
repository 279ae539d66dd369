#!/usr/bin/env bash
# Keeps for the later steps of the job when the credentials end. Reads END, a time as JSON text with its quotes, such as
# "2026-11-28T07:00:00Z"; what is no time is left out: nothing else may get into the job's environment.
set -euo pipefail
end=${END//\"/}
if [[ $end =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)$ ]]; then
  printf 'AWS_CREDENTIAL_EXPIRATION=%s\n' "$end" >>"$GITHUB_ENV"
fi
