#!/bin/sh
# Makes the virtual environment: venv.sh FOLDER [PYTHON]
# Takes the named Python, else the first of the usual names that is new enough and can make one.
set -eu
folder=$1
asked=${2:-}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

complete() { # Debian splits off the module that puts pip into a virtual environment
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# One that was made by hand and works is kept.
if new_enough "$folder/bin/python" && "$folder/bin/python" -c 'import pip' 2>/dev/null; then
    exit 0
fi

too_old= incomplete=
for python in ${asked:-python3 python3.14 python3.13 python3.12 python3.11}; do
    command -v "$python" >/dev/null 2>&1 || continue
    if ! new_enough "$python"; then
        too_old="$too_old $python ($("$python" --version 2>&1))"
    elif ! complete "$python"; then
        incomplete=${incomplete:-$python}
    else
        echo "Making $folder with $("$python" --version)."
        rm -rf "$folder"
        exec "$python" -m venv "$folder"
    fi
done

if [ -n "$incomplete" ]; then
    version=$("$incomplete" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$incomplete cannot make a virtual environment: its ensurepip module is missing." >&2
    echo "On Debian or Ubuntu install it:  apt-get install python$version-venv" >&2
else
    echo "gongzhi needs Python 3.11 or later.${too_old:+ Found too old:$too_old.}" >&2
    echo "Install one, or name it:  make PYTHON=/path/to/python3.11" >&2
fi
exit 1
