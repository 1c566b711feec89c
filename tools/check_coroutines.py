"""Fails on what GCC 12 miscompiles and what the house forbids in coroutines.

Braced aggregates and capturing lambdas inside a co_await expression are destroyed at the wrong
address there: name them in their own statement first. co_spawn and detached belong to spawn().
Comments and string literals are blanked before matching.
"""

import re
import sys
from pathlib import Path

root = Path(sys.argv[1])
noise = re.compile(r'//[^\n]*|"(?:\\.|[^"\\\n])*"')
suspect = re.compile(r"co_await\b[^;{}]*(\{\s*[^\s}]|\[[^\]]+\]\s*(?:\(|\{|mutable))")
loose = re.compile(r"\bco_spawn\s*\(|\basio::detached\b")

failures = []
files = [f for top in ("src", "include", "tests", "bench", "fuzz", "examples") for f in (root / top).rglob("*.[ch]pp")]
for file in sorted(files):
    text = noise.sub(lambda m: " " * len(m[0]), file.read_text())
    shown = file.relative_to(root)
    for match in suspect.finditer(text):
        failures.append(f"{shown}:{text.count(chr(10), 0, match.start()) + 1}: name the temporary before the co_await")
    in_production = shown.parts[0] in ("src", "include") and not file.stem.endswith("_test")
    if in_production and shown.as_posix() != "src/base/spawn.hpp":
        for match in loose.finditer(text):
            failures.append(f"{shown}:{text.count(chr(10), 0, match.start()) + 1}: start tasks with spawn()")

print("\n".join(failures))
sys.exit(bool(failures))
