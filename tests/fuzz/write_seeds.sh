#!/usr/bin/env bash
# Writes the seeds of all targets into the corpus, from a build in build/PRESET (release).
set -euo pipefail
cd "$(dirname "$0")/../.."
for program in build/"${1:-release}"/bin/replay_*; do
  "$program" --write-seeds "tests/fuzz/corpus/${program##*/replay_}"
done
du -sb tests/fuzz/corpus
