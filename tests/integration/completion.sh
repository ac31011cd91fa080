#!/usr/bin/env bash
# Completes command lines of both programs in bash, as readline would ask for it, and in zsh where
# there is one; formats the manual pages.
#
# usage: completion.sh BIN_DIR
set -euo pipefail
bin=$(cd "$1" && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/rw-completion-XXXXXX")
trap 'rm -rf "$work"' EXIT
die() { echo "completion: $*" >&2; exit 1; }

for program in ropewalk ropewalkd; do
  for shell in bash zsh; do
    "$bin/$program" completion "$shell" >"$work/$program.$shell" || die "$program: none for $shell"
  done
done
# shellcheck disable=SC1090,SC1091
source "$work/ropewalk.bash"
# shellcheck disable=SC1090,SC1091
source "$work/ropewalkd.bash"
mkdir "$work/files"
cd "$work/files"
mkdir folder
touch fresh.txt other.txt

compopt() { :; }  # Works inside a completion of readline only.

# Words as readline takes a line apart: '=' and ':' stand alone. The last one is being typed.
completes() {
  local wanted=$1 got
  shift
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  "_${1##*/}" "$1"
  got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | xargs)
  [ "$got" = "$wanted" ] || die "'$*' gives '$got', not '$wanted'"
}

completes "bench cluster consume produce records topic" ropewalk ""
completes "cluster consume" ropewalk c
completes "create delete describe elect list offsets set" ropewalk topic ""
completes "delete describe" /usr/bin/ropewalk topic de
completes "create delete describe elect list offsets set" ropewalk --brokers h : 9192,g : 1 topic ""
completes "create delete describe elect list offsets set" ropewalk --brokers = h : 9192 topic ""
completes "--brokers --help --json --version -h" ropewalk topic list -
completes "--partitions" ropewalk topic create t --p
completes "gzip lz4 none snappy zstd" ropewalk produce t --compression ""
completes "lz4" ropewalk produce t --compression = l
completes "0 1 all" ropewalk bench latency t --acks =
completes "json text" ropewalk produce t --header a = b --format ""
completes "beginning end" ropewalk consume t --from ""
completes "folder fresh.txt" ropewalk produce t --file f
completes "fresh.txt" ropewalk produce t --file = fr
completes "" ropewalk topic create t --set retention.ms =
completes "" ropewalk topic create ""
completes "" ropewalk --brokers ""
completes "" ropewalk produce t --file nothing
completes "certs format log metadata new-id" ropewalkd ""
completes "dump verify" ropewalkd log ""
completes "folder" ropewalkd metadata dump f
completes "folder fresh.txt" ropewalkd log verify other.txt f
completes "folder" ropewalkd --data-dir f
completes "fresh.txt" ropewalkd --allow-insecure --config fr
completes "false true" ropewalkd --allow-insecure =
completes "json text" ropewalkd --cores 2 --log-format ""
completes "--broker-id" ropewalkd format --b
completes "" ropewalkd format --segment

# Where '=' does not part words, what is typed is the whole of it.
completes "--compression=lz4" ropewalk produce t --compression=l

if command -v zsh >/dev/null; then
  for program in ropewalk ropewalkd; do
    zsh -n "$work/$program.zsh" || die "zsh does not read _$program"
  done
  # A terminal of its own types a line and a tab; what was completed comes back on the line.
  mkdir "$work/functions"
  for program in ropewalk ropewalkd; do cp "$work/$program.zsh" "$work/functions/_$program"; done
  cat >"$work/typed.zsh" <<'ZSH'
zmodload zsh/zpty
folder=$1 line=$2 wanted=$3
zpty shell "TERM=dumb zsh -f -i"
zpty -w shell "fpath=($folder \$fpath); autoload -Uz compinit && compinit -u -d $folder.dump; PS1=REA''DY"
zpty -r shell said '*READY*'
zpty -w -n shell "$line"$'\t'
zpty -r shell said "*$wanted*" || exit 1
zpty -d shell
ZSH
  zsh_completes() {
    timeout 60 zsh -f "$work/typed.zsh" "$work/functions" "$1" "$2" ||
      die "zsh does not complete '$1' to '$2'"
  }
  zsh_completes "ropewalk top" "ropewalk topic "
  zsh_completes "ropewalk topic desc" "describe "
  zsh_completes "ropewalk produce t --compression l" "lz4 "
  zsh_completes "ropewalk --brokers h:1 consume t --foll" "--follow "
  zsh_completes "ropewalkd metadata dump fo" "folder/"
  zsh_completes "ropewalkd --conf" "--config"
fi

pages=("ropewalk man" "ropewalkd man" "ropewalkd man ropewalkd.conf")
for page in "${pages[@]}"; do
  # shellcheck disable=SC2086
  "$bin/"$page >"$work/page" || die "$page failed"
  if command -v groff >/dev/null; then
    groff -ww -Tutf8 -man "$work/page" >/dev/null 2>"$work/warnings" || die "groff fails on $page"
    [ ! -s "$work/warnings" ] || die "$page: $(cat "$work/warnings")"
  fi
  # A page says no date: two builds of one version are the same.
  if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning "$work/page" | grep -v "missing date" >"$work/warnings" || true
    [ ! -s "$work/warnings" ] || die "$page: $(cat "$work/warnings")"
  fi
done
grep -q '^\.B "data_dir"' "$work/page" || die "ropewalkd.conf(5) has no data_dir"
"$bin/ropewalk" man >"$work/page"
grep -q '^\.SS "ropewalk topic create ' "$work/page" || die "ropewalk(1) has no topic create"
echo "completed and formatted"
