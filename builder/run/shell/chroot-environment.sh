# shellcheck shell=bash
# Read by bash before each script inside the tree: says where the script failed.
set -o errtrace
trap 'printf "hearth-failed-at:%s:%s\n" "${BASH_SOURCE[0]:-}" "$LINENO" >&2' ERR
