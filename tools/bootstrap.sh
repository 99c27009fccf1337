#!/bin/sh
# Make .venv with everything the project needs, from nothing but Python 3.11+ and pip. Called by the Makefile.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "setup: $1" >&2
    exit 1
}

recent='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$recent" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer on the PATH (PYTHON=/path/to/python3 names one)"
}

if [ -e .venv ] && [ ! -w .venv ]; then
    fail ".venv belongs to another user; remove it, then try again"
fi

if ! .venv/bin/python -c "$recent" 2>/dev/null; then
    python=$(find_python)
    echo "setup: .venv with $("$python" --version)"
    rm -rf .venv
    # Debian splits ensurepip off into a package of its own; without it pip from outside does the same.
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        "$python" -m venv --without-pip .venv ||
            fail "$python cannot make virtual environments (on Debian and Ubuntu: apt-get install python3-venv)"
    fi
fi

if [ ! -x .venv/bin/uv ]; then
    wanted=$(.venv/bin/python -c '
import tomllib
with open("uv.lock", "rb") as lock:
    print(next(p["version"] for p in tomllib.load(lock)["package"] if p["name"] == "uv"))')
    if .venv/bin/python -m pip --version >/dev/null 2>&1; then
        .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$wanted" ||
            fail "pip could not install uv $wanted; is the package index reachable?"
    else
        python=$(find_python)
        "$python" -m pip --version >/dev/null 2>&1 ||
            fail "$python has neither ensurepip nor pip (on Debian and Ubuntu: apt-get install python3-venv)"
        "$python" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check "uv==$wanted" ||
            fail "pip could not install uv $wanted; is the package index reachable?"
    fi
fi

# A home that is not ours to write (a container, another user) must not stop the setup.
[ -w "${HOME:-/nonexistent}" ] || export UV_CACHE_DIR="$PWD/.cache/uv"
unset VIRTUAL_ENV
UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy \
    .venv/bin/uv sync --quiet --frozen --python .venv/bin/python ||
    fail "uv could not install the locked packages; is the package index reachable?"
touch .venv/.synced
