#!/usr/bin/env bash
# Installs what the folder asks for, exactly as its lock file says where it has one. Reads KIND.
set -euo pipefail
# shellcheck source=foreign.sh
# shellcheck disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/foreign.sh"
# shellcheck source=secrets.sh
# shellcheck disable=SC1091
source "$(dirname "${BASH_SOURCE[0]}")/secrets.sh"

install_python() {
  if [[ -f uv.lock ]]; then
    python -m pip install --quiet uv
    uv sync --locked --all-extras
  elif [[ -f poetry.lock ]]; then
    python -m pip install --quiet poetry
    poetry install --no-interaction
  else
    for file in requirements.txt requirements-dev.txt dev-requirements.txt requirements-test.txt; do
      if [[ -f $file ]]; then python -m pip install --quiet -r "$file"; fi
    done
    if [[ ! -f requirements.txt ]]; then python -m pip install --quiet -e .; fi
  fi
}

install_node() {
  if [[ -f package-lock.json || -f npm-shrinkwrap.json ]]; then
    npm ci --no-audit --no-fund
  elif [[ -f pnpm-lock.yaml ]]; then
    command -v pnpm >/dev/null || corepack enable
    pnpm install --frozen-lockfile
  elif [[ -f yarn.lock ]]; then
    command -v yarn >/dev/null || corepack enable
    # Berry has renamed the option that classic has.
    yarn install --immutable 2>/dev/null || yarn install --frozen-lockfile
  else
    npm install --no-audit --no-fund --no-package-lock
  fi
}

if [[ $KIND == *python* ]]; then
  echo '::group::Install Python packages'
  foreign install_python 2>&1 | harmless
  echo '::endgroup::'
fi

if [[ $KIND == *node* ]]; then
  echo '::group::Install Node packages'
  if ! compgen -G '*-lock.*' >/dev/null && [[ ! -f npm-shrinkwrap.json && ! -f yarn.lock ]]; then
    echo '::notice::no lock file: what is installed can be different each time; commit one'
  fi
  foreign install_node 2>&1 | harmless
  echo '::endgroup::'
fi
