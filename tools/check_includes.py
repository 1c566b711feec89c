"""Fails when a file under src/ includes a module that its CMakeLists.txt does not list, or when a
module lists one that the house's arrow forbids."""

import re
import sys
from pathlib import Path

root = Path(sys.argv[1])
src = root / "src"

# What each layer may use. A layer is the first folder below src/.
layers = {
    "base": set(),
    "http": {"base"},
    "aws": {"base", "http"},
    "llm": {"base"},
    "auth": {"base"},
    "oidc": {"base", "http", "auth"},
    "retrieval": {"base", "llm", "auth"},
    "chat": {"base", "llm", "auth", "retrieval"},
    "providers": {"base", "http", "aws", "llm"},
    "store": {"base", "http", "aws", "llm", "auth", "chat", "retrieval"},
    "index": {"base", "http", "aws", "llm", "auth", "chat", "retrieval"},
    "api": {"base", "http", "llm", "auth", "chat", "retrieval"},
    "lambda": {"base", "http", "aws"},
    "transfer": {"base", "llm", "auth", "chat"},
}
layers["server"] = set(layers)

failures = []
modules = {"_".join(p.parent.relative_to(src).parts): p for p in src.rglob("CMakeLists.txt") if p.parent != src}
listed = {name: {name} | set(re.findall(r"kaiwa::(\w+)", p.read_text())) for name, p in modules.items()}


def layer(name):
    return name.split("_")[0]


for name, path in modules.items():
    if layer(name) not in layers:
        failures.append(f"{path.relative_to(root)}: no rule says what {layer(name)} may use")
        continue
    # Tests of an implementation may use the conformance suite of the layer whose port it has.
    for used in listed[name] - {name}:
        if layer(used) != layer(name) and layer(used) not in layers[layer(name)]:
            failures.append(f"{path.relative_to(root)}: {name} must not depend on {used}")

for name, path in modules.items():
    folder = path.parent
    for file in sorted(folder.rglob("*.[ch]pp")):
        if any((parent / "CMakeLists.txt").exists() for parent in file.parents if folder in parent.parents):
            continue  # belongs to a module further down
        for line, text in enumerate(file.read_text().splitlines(), 1):
            match = re.match(r'#include "([\w/]+)/[\w.]+"', text)
            if not match or match[1].startswith("kaiwa") or match[1].startswith("tests"):
                continue
            used = match[1].replace("/", "_")
            if used in modules and used not in listed[name]:
                failures.append(f"{file.relative_to(root)}:{line}: {name} uses {used} but does not list it")

print("\n".join(failures))
sys.exit(bool(failures))
