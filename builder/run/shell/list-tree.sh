# shellcheck shell=bash
# list_tree: one line for each file below the current folder, ended by NUL: what changes when the file changes, a tab,
# its type, a space, its path. Mounts of a step and the mount point of the tools are not part of the tree.
list_tree() {
	find . -xdev -path ./.hearth-build -prune -o -printf '%i %C@ %T@ %s %#m %U:%G\t%y %p\0'
}
