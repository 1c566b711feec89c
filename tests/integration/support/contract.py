"""The operations of api/openapi.yaml, which a unit test proves to be the table of routes."""

import re

from support.process import ROOT


def operations() -> list[str]:
    """"GET /api/threads" of each."""
    found, path, in_paths = [], "", False
    for line in (ROOT / "api" / "openapi.yaml").read_text().splitlines():
        if line and not line.startswith(" "):
            in_paths = line == "paths:"
        if not in_paths:
            continue
        if named := re.fullmatch(r"  (/\S*):", line):
            path = named[1]
        if method := re.fullmatch(r"    (get|post|put|patch|delete):", line):
            found.append(f"{method[1].upper()} {path}")
    assert len(found) > 30
    return found
