#!/bin/bash
# Prints the commit of this tree, with -dirty behind it where a file is not as committed.  Prints
# nothing where the tree is no checkout of its own, such as a tarball that was unpacked in another's.
cd "$(dirname "$0")/../.." || exit 1
[ -e .git ] || exit 0
git --no-optional-locks --git-dir=.git --work-tree=. describe --always --dirty --exclude='*' \
    --abbrev=12 2>/dev/null || exit 0
