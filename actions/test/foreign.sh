#!/usr/bin/env bash
# What a folder's own tools print is text and never a command to the runner, which obeys `::name::` at the start of a line
# (after white space too) and `##[name]` anywhere in one. `harmless` is a filter for it, and `escape` is for the data of a
# command of ours.

# Line by line, as it comes. Escape sequences and other control characters go, very long lines are cut.
harmless() {
  local esc=$'\033' bel=$'\007' controls=$'\001-\010\013-\037\177'
  # By bytes: a line need not be text. The C1 controls of UTF-8 (0xc2 0x80 to 0x9f) hold the one that .NET trims.
  LC_ALL=C sed -u -E \
    -e $'s/\r$//' \
    -e "s/${esc}\\[[0-?]*[ -\\/]*[@-~]//g" \
    -e "s/${esc}\\][^${bel}${esc}]*(${bel}|${esc}\\\\)?//g" \
    -e "s/[${controls}]/ /g" \
    -e $'s/\302[\200-\237]/ /g' \
    -e $'s/\342\200[\250\251\252-\256]/ /g' \
    -e 's/^(.{4000}).+$/\1… (cut)/' \
    -e 's/##\[/# #[/g' \
    -e $'s/^(([ \t]|\302\240|\341\232\200|\342\200[\200-\212]|\342\200\257|\342\201\237|\343\200\200|\357\273\277)*)::/\\1· ::/'
}

# Data of a workflow command: no line break ends it, no percent sign is read as one.
escape() {
  local text=${1//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '%s' "${text//$'\n'/%0A}"
}

# A property of a workflow command, such as its title.
escape_property() {
  local text
  text=$(escape "$1")
  text=${text//:/%3A}
  printf '%s' "${text//,/%2C}"
}

# Runs what is not ours without the files that steer this step, the runner and later steps. The job summary stays: test
# reporters write to it. For a pipeline, whose subshell it changes.
foreign() {
  unset GITHUB_ENV GITHUB_PATH GITHUB_OUTPUT GITHUB_STATE
  "$@"
}
