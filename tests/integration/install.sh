#!/usr/bin/env bash
# Installs into a folder of its own, builds the example project outside the tree with CMake and with
# pkg-config, and runs both against the installed daemon.
#
# usage: install.sh BUILD_DIR SOURCE_DIR COMPILER [FLAGS]
set -euo pipefail
build=$1 source=$2 compiler=$3 flags=${4:-}

work=$(mktemp -d "${TMPDIR:-/tmp}/rw-install-XXXXXX")
daemon=
finish() {
  if [ -n "$daemon" ]; then
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT

die() { echo "install: $*" >&2; exit 1; }

# Moved after it was installed: nothing may remember the place.
cmake --install "$build" --prefix "$work/first" >"$work/install.log" || die "$(cat "$work/install.log")"
mv "$work/first" "$work/prefix"
prefix=$work/prefix
for file in bin/ropewalk bin/ropewalkd etc/ropewalk/ropewalkd.conf include/ropewalk/client.h \
  lib/systemd/system/ropewalkd.service share/ropewalk/prometheus/{prometheus,ropewalk-alerts}.yml \
  share/{bash-completion/completions/,zsh/site-functions/_}{ropewalk,ropewalkd} \
  share/man/{man1/ropewalk.1,man5/ropewalkd.conf.5,man8/ropewalkd.8}; do
  [ -f "$prefix/$file" ] || die "$file was not installed"
done
grep -q "^ExecStart=$work/first/bin/ropewalkd --config $work/first/etc/" \
  "$prefix/lib/systemd/system/ropewalkd.service" || die "the unit starts another program"

cp -r "$source/client/examples/project" "$work/project"
cd "$work/project"
cmake -B build -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags" \
  >"$work/cmake.log" 2>&1 || die "$(cat "$work/cmake.log")"
cmake --build build >"$work/cmake.log" 2>&1 || die "$(cat "$work/cmake.log")"

pc=$(dirname "$(find "$prefix" -name ropewalk.pc)")
export PKG_CONFIG_PATH=$pc
[ "$(pkg-config --modversion ropewalk)" = "$("$prefix/bin/ropewalk" --version | awk '{ print $NF }')" ] ||
  die "ropewalk.pc and the command are of different versions"
# shellcheck disable=SC2046,SC2086
"$compiler" -std=c++23 $flags main.cc -o hello $(pkg-config --cflags --libs ropewalk) ||
  die "pkg-config's flags do not build the example"

mkfifo "$work/out"
"$prefix/bin/ropewalkd" --config "$prefix/etc/ropewalk/ropewalkd.conf" --data-dir "$work/data" \
  --native-listen 127.0.0.1:0 --broker-listen off --kafka-listen off --admin-listen off >"$work/out" 2>"$work/err" &
daemon=$!
read -r -t 60 ready <"$work/out" || die "the daemon does not start: $(cat "$work/err")"
address=${ready#*native=}
address=${address%% *}

[ -x build/orders_test ] || die "the example's test was not built"
build/orders_test >"$work/said" || die "the example's test: $(cat "$work/said")"

n=0
for program in build/hello ./hello; do
  "$program" "$address" "hello-$((++n))" >"$work/said" || die "$program failed"
  [ "$(grep -c '^read ' "$work/said")" = 3 ] || die "$program said: $(cat "$work/said")"
done
echo "installed, built twice, and ran"
