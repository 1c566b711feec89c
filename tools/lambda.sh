#!/usr/bin/env bash
# Leaves build/kaiwa-lambda.zip: the optimised program as a function's `bootstrap` (runtime provided.al2023).
# Fails when the program needs a newer C library than Lambda has, or is over the size that was promised.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 - build/kaiwa build/kaiwa-lambda.zip <<'PYTHON'
import re
import sys
import zipfile
from pathlib import Path

program, target = map(Path, sys.argv[1:])
newest_glibc = (2, 34)  # Amazon Linux 2023
max_bytes = 20_000_000

content = program.read_bytes()
# The versions of symbols are texts of the dynamic section.
needed = {tuple(map(int, match)) for match in re.findall(rb"\0GLIBC_(\d+)\.(\d+)(?:\.\d+)?(?=\0)", content)}
if not needed:
    sys.exit(f"tools/lambda.sh: {program} names no version of glibc; is it a program for Linux?")
too_new = sorted(version for version in needed if version > newest_glibc)
if too_new:
    names = ", ".join("GLIBC_%d.%d" % version for version in too_new)
    sys.exit(f"tools/lambda.sh: {program} needs {names}; Lambda has up to GLIBC_%d.%d. "
             "`objdump -T` shows the symbols." % newest_glibc)

with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))  # the same bytes from the same program
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
size = target.stat().st_size
if size > max_bytes:
    sys.exit(f"tools/lambda.sh: {target} has {size} bytes; the budget is {max_bytes}")
print(f"{target}: {size / 1e6:.1f} MB, needs GLIBC_%d.%d" % max(needed))
PYTHON
