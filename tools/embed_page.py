"""Turns the built page into one blob and a table that the program carries.

usage: embed_page.py DIST OUT

DIST holds the files as the page's build left them. OUT gets `page-<hash>.bin`, all files one after
the other, each compressed with brotli where that makes it smaller, and `page_table.cpp`, which
includes the blob and lists its parts. Files that did not change are not written again.
"""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
}
# Page builds may leave maps and fonts for browsers that the page does not support.
LEFT_OUT = {".map"}


def brotli(content: bytes) -> bytes:
    return subprocess.run(["brotli", "-q", "11", "-w", "22", "-c", "-"], input=content, capture_output=True, check=True).stdout


def write_if_changed(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def main(dist: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    files = [f for f in dist.rglob("*") if f.is_file() and f.suffix not in LEFT_OUT]
    files.sort(key=lambda f: f.relative_to(dist).as_posix().encode())
    if not (dist / "index.html").is_file():
        sys.exit(f"{dist}/index.html is missing: build the page first (npm run build in web/)")
    unknown = [f for f in files if f.suffix not in MEDIA_TYPES]
    if unknown:
        sys.exit(f"tools/embed_page.py: no media type for {unknown[0].relative_to(dist)}")

    contents = [f.read_bytes() for f in files]
    with ThreadPoolExecutor(2) as pool:
        packed = list(pool.map(brotli, contents))

    blob = bytearray()
    rows = []
    for file, content, small in zip(files, contents, packed):
        path = "/" + file.relative_to(dist).as_posix()
        use_brotli = len(small) < len(content) * 0.95
        body = small if use_brotli else content
        rows.append(
            "    {%s, %s, %s, {begin() + %d, %d}, %d, Encoding::%s},"
            % (
                quote(path),
                quote(MEDIA_TYPES[file.suffix]),
                quote('"' + hashlib.sha256(content).hexdigest()[:20] + '"'),
                len(blob),
                len(body),
                len(content),
                "brotli" if use_brotli else "identity",
            )
        )
        blob += body

    name = f"page-{hashlib.sha256(blob).hexdigest()[:16]}.bin"
    for old in out.glob("page-*.bin"):
        if old.name != name:
            old.unlink()
    write_if_changed(out / name, bytes(blob))
    table = f"""// Made by tools/embed_page.py.
#include "server/page/embedded_page.hpp"

__asm__(
    ".section .rodata\\n"
    ".balign 16\\n"
    ".globl kaiwa_page_blob\\n"
    "kaiwa_page_blob:\\n"
    ".incbin \\"{(out / name).as_posix()}\\"\\n"
    ".byte 0\\n"
    ".previous\\n");
extern "C" char const kaiwa_page_blob[];

namespace kaiwa::server {{
namespace {{
char const* begin() {{ return kaiwa_page_blob; }}
}}  // namespace

std::span<EmbeddedFile const> embedded_files() {{
    using Encoding = EmbeddedFile::Encoding;
    static EmbeddedFile const files[] = {{
{chr(10).join(rows)}
    }};
    return files;
}}

}}  // namespace kaiwa::server
"""
    write_if_changed(out / "page_table.cpp", table.encode())


def quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).resolve())
