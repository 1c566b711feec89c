#!/usr/bin/env python3
"""Writes the requirements.txt of the Python packages that tests and tools use: all that requirements.in beside it needs, each pinned with
the hashes of its source and of its wheels for Python 3.11 and 3.12 on Linux (x86-64, ARM).

usage: tools/pin_python.py [FOLDER...]    with uv on the path
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

FOLDERS = ("tests/integration", "tests/support/lambda_emulators", "tests/support/moto", "tests/vendors/chainlit",
           "tests/vendors/langchain", "tools/cfn_lint", "tools/node")
ALONE = ("lambda_emulators",)  # their packages are only unpacked: what they need is left out
PYTHONS = ("3.11", "3.12")
PLATFORMS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")
MARKERS = {PYTHONS: "", PYTHONS[:1]: ' ; python_version < "3.12"', PYTHONS[1:]: ' ; python_version >= "3.12"'}


def packages(folder: Path, python: str, platform: str) -> list[dict]:
    with tempfile.TemporaryDirectory() as place:
        lock = Path(place) / "pylock.toml"
        options = ["--no-deps"] if folder.name in ALONE else []
        subprocess.run(["uv", "pip", "compile", "--quiet", "--python-version", python, "--python-platform", platform,
                        "--format", "pylock.toml", *options, "requirements.in", "-o", str(lock)], cwd=folder, check=True)
        return tomllib.loads(lock.read_text())["packages"]


def pin(folder: Path) -> str:
    pythons: dict[tuple[str, str], set[str]] = {}
    hashes: dict[tuple[str, str], set[str]] = {}
    for python in PYTHONS:
        for platform in PLATFORMS:
            for package in packages(folder, python, platform):
                pinned = package["name"], package["version"]
                pythons.setdefault(pinned, set()).add(python)
                files = package.get("wheels", []) + ([package["sdist"]] if "sdist" in package else [])
                hashes.setdefault(pinned, set()).update(file["hashes"]["sha256"] for file in files)
    lines = ["# Made of requirements.in by tools/pin_python.py.\n"]
    for name, version in sorted(pythons):
        pinned = name, version
        lines.append(f"{name}=={version}{MARKERS[tuple(sorted(pythons[pinned]))]}")
        lines += [f" \\\n    --hash=sha256:{each}" for each in sorted(hashes[pinned])]
        lines.append("\n")
    return "".join(lines)


for folder in sys.argv[1:] or FOLDERS:
    (Path(folder) / "requirements.txt").write_text(pin(Path(folder)))
