#!/bin/sh
# Writes the hash-pinned locks of Python and node packages anew. They hold for every machine that
# the wheels exist for (Linux on x86_64 and aarch64, macOS), so no file names a registry's host.
# `tools/lock.sh --upgrade` takes the newest versions that pyproject.toml admits.
set -eu
cd "$(dirname "$0")/.."
UV=${UV:-.venv/bin/uv}
compile() {
    out=$1
    shift
    "$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-config \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
        --no-emit-package pip --no-emit-package setuptools \
        --output-file "$out" "$@"
}
compile requirements.txt pyproject.toml ${1+"$1"}
compile requirements-dev.txt pyproject.toml --extra dev --constraint requirements.txt ${1+"$1"}
# What installs the rest: the installer itself, and the backend that builds this package.
printf 'uv>=0.5\nhatchling>=1.27\neditables>=0.5\n' |
    compile requirements-bootstrap.txt - --constraint requirements-dev.txt ${1+"$1"}
if grep -nE 'https?://|--index-url|--find-links|file:' requirements*.txt; then
    echo "lock.sh: a lock names a place to download from; it must hold on every machine" >&2
    exit 1
fi
if command -v npm >/dev/null; then
    npm install --package-lock-only --ignore-scripts --no-audit --no-fund
    if grep -n '"resolved"' package-lock.json; then
        echo "lock.sh: package-lock.json names a place to download from" >&2
        exit 1
    fi
fi
