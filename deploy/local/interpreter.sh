#!/bin/sh
# Prints the Python that `.venv` is made with: the first that is 3.11 or newer and was built with optimisation, else the first that is
# 3.11 or newer, else nothing. Run by make; arguments are names to look at in place of the usual ones.
asks="$(dirname "$0")/interpreter.py"
plain=
[ $# -gt 0 ] || set -- python3.13 python3.12 python3.11 python3 /usr/bin/python3
for name; do
    found=$(command -v "$name") || continue
    case $("$found" "$asks" 2>/dev/null) in
        optimised)
            echo "$found"
            exit ;;
        plain) plain=${plain:-$found} ;;
    esac
done
[ -z "$plain" ] || echo "$plain"
