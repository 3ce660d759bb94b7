# shellcheck shell=sh
# Sourced by the commands beside this folder: brings a fresh checkout to the point where TypeScript runs.
# Sets PROJECT. Node.js 20.19 or newer must be there; the npm packages are installed when package-lock.json changed.

PROJECT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1 ||
	! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
	echo "Hearth needs Node.js 20.19 or newer with npm; this machine has: $(node --version 2>/dev/null || echo none)." >&2
	echo "On Debian 13:  sudo apt-get install nodejs npm" >&2
	echo "Elsewhere:     https://nodejs.org/en/download" >&2
	exit 3
fi

if ! cmp -s "$PROJECT/package-lock.json" "$PROJECT/node_modules/.installed-lock.json"; then
	echo "Installing npm packages ..." >&2
	(cd "$PROJECT" && npm ci --no-audit --no-fund --loglevel=error >&2) || {
		echo "npm ci failed. Check the network, then run the same command again." >&2
		exit 3
	}
	cp "$PROJECT/package-lock.json" "$PROJECT/node_modules/.installed-lock.json"
fi
