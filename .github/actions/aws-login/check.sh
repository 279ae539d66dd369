#!/usr/bin/env bash
# shellcheck disable=SC2016 # the backticks are Markdown's
# Everything about the login that can be known before it is tried. Reads ROLE, REGION and GitHub's own variables.
set -euo pipefail

# Data of a workflow command: no line break ends it, no percent sign is read as one.
escape() {
  local text=${1//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '%s' "${text//$'\n'/%0A}"
}

refuse() {
  printf '::error::%s%%0A  found: %s%%0A  next: %s\n' "$(escape "$1")" "$(escape "$2")" "$(escape "$3")"
  exit 2
}

[[ $ROLE =~ ^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/.+$ ]] ||
  refuse 'input `role-to-assume`: is not the ARN of an IAM role' "\"$ROLE\"" 'give it like arn:aws:iam::123456789012:role/deploy; if it is set from an expression, check that the variable exists in this environment'
[[ $REGION =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]] ||
  refuse 'input `aws-region`: is not a region' "\"$REGION\"" 'give it like us-west-2; if it is set from an expression, check that the variable exists in this environment'
[[ -n ${ACTIONS_ID_TOKEN_REQUEST_URL:-} ]] ||
  refuse 'this job may not ask GitHub for an OIDC token' "no \`id-token: write\` (event: ${GITHUB_EVENT_NAME:-unknown})" 'add `permissions: { contents: read, id-token: write }` to the job that calls; a pull request from a fork never gets it'
