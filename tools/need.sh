#!/bin/sh
# need.sh setup | test: sees that the programs of that target are here. As root on Debian or Ubuntu
# the missing ones are installed; an ordinary user is told the one line to run.
# need.sh python: prints the Python to use, 3.11 or newer.
# Browser: `make test` only; OUTWORK_CHROMIUM names one that is not on the PATH.
set -eu

find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

has() { command -v "$1" >/dev/null 2>&1; }

has_browser() {
    [ -n "${OUTWORK_CHROMIUM:-}" ] && [ -x "$OUTWORK_CHROMIUM" ] && return 0
    has chromium || has chromium-browser || has google-chrome
}

missing() {
    packages=
    if python=$(find_python); then
        [ -x .venv/bin/python ] || "$python" -c 'import venv, ensurepip' 2>/dev/null ||
            packages="$packages python3-venv"
    else
        packages="$packages python3 python3-venv"
    fi
    has node || packages="$packages nodejs"
    has npm || packages="$packages npm"
    if [ "$1" = test ]; then
        has git || packages="$packages git"
        has_browser || packages="$packages chromium"
    fi
    echo "$packages"
}

cd "$(dirname "$0")/.."
case "${1:-}" in
python)
    find_python || echo python3
    exit 0
    ;;
setup | test) ;;
*)
    echo "usage: tools/need.sh setup|test|python" >&2
    exit 2
    ;;
esac

packages=$(missing "$1")
[ -n "$packages" ] || exit 0
if ! has apt-get; then
    echo "outwork needs programs that are not here; install:$packages, then run make again" >&2
    exit 1
fi
line="apt-get update && apt-get install -y --no-install-recommends$packages"
if [ "$(id -u)" -ne 0 ]; then
    echo "outwork needs programs that are not here; run this line, then make again:" >&2
    echo "    sudo sh -c '$line'" >&2
    exit 1
fi
echo "installing$packages"
log=$(mktemp)
if ! DEBIAN_FRONTEND=noninteractive sh -c "$line" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "could not install$packages; the line was: $line" >&2
    exit 1
fi
rm -f "$log"
packages=$(missing "$1")
[ -z "$packages" ] || {
    echo "still missing after installing (is Python 3.11 or newer to be had here?):$packages" >&2
    exit 1
}
