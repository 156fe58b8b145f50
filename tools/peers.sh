#!/bin/sh
# Installs each list of packages under bench/peers/*.txt into an environment of its own, .envs/NAME,
# where benchmarks find the peer. What is already there, from the same list, is kept.
set -eu
cd "$(dirname "$0")/.."
for list in bench/peers/*.txt; do
    [ -e "$list" ] || { echo "no peers are listed under bench/peers"; exit 0; }
    name=$(basename "$list" .txt)
    if cmp -s "$list" ".envs/$name/installed.txt"; then
        continue
    fi
    echo "installing the peer $name"
    [ -x ".envs/$name/bin/python" ] || .venv/bin/python -m venv ".envs/$name"
    ".envs/$name/bin/python" -m pip install --quiet --disable-pip-version-check -r "$list"
    cp "$list" ".envs/$name/installed.txt"
done
