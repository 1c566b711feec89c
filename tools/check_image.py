"""Makes the image's files as its Containerfile says and runs them as a container would: its own root, read-only, no rights, an unknown user.

usage: check_image.py    after tools/image.sh; needs root; prints "N passed, M failed" last
"""

import atexit
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
from pathlib import Path

IMAGE = Path(__file__).resolve().parent.parent / "build" / "image"
ROOT = Path(tempfile.mkdtemp(prefix="kaiwa-image-"))
PORT = 18099
# A private mount namespace: the root read-only, /tmp writable in memory, /data a new volume, which has its owner and rights from the
# image; then the user, without capabilities.
IN_CONTAINER = """
set -eu
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"
mount -t tmpfs -o "$(stat -c uid=%u,gid=%g,mode=%a "$1/data")" data "$1/data"
mount -t tmpfs -o mode=1777 tmp "$1/tmp"
shift
exec setpriv --bounding-set=-all,+sys_chroot,+setuid,+setgid --no-new-privs chroot --userspec=65532:65532 "$@"
"""


def assemble():
    """What an engine would make: what is copied belongs to root where nobody else is named."""
    ROOT.chmod(0o755)
    for line in (IMAGE / "Containerfile").read_text().splitlines():
        words = shlex.split(line)
        if not words or words[0] != "COPY":
            continue
        *options, source, target = words[1:]
        owner = next((o.removeprefix("--chown=") for o in options if o.startswith("--chown=")), "0:0")
        place = ROOT / target.lstrip("/")
        place.mkdir(parents=True, exist_ok=True)
        copies = [place / path.relative_to(IMAGE / source) for path in (IMAGE / source).rglob("*")]
        shutil.copytree(IMAGE / source, place, symlinks=True, dirs_exist_ok=True)
        subprocess.run(["chown", "--no-dereference", owner, place, *copies], check=True)


def start(*arguments, **options):
    environment = {"PATH": os.environ["PATH"], "KAIWA_DATA": "/data", "KAIWA_LISTEN": f"127.0.0.1:{PORT}"}
    return subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_CONTAINER, "sh", str(ROOT), str(ROOT), "/kaiwa", *arguments],
        env=environment, text=True, **options)


def wait_for(url, seconds=10):
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status, answer.read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def check_it_has_no_shell_and_is_small():
    files = [path for path in ROOT.rglob("*") if path.is_file()]
    assert not [path for path in files if path.name in ("sh", "bash", "busybox", "apt")], files
    assert sum(path.stat().st_size for path in files) < 25_000_000


def check_it_serves_read_only_without_rights():
    running = start("serve", stderr=subprocess.PIPE)
    try:
        status, body = wait_for(f"http://127.0.0.1:{PORT}/")
        assert status == 200 and b"<html" in body, body
        rights = Path(f"/proc/{running.pid}/status").read_text()
        assert "CapEff:\t0000000000000000" in rights, rights
        assert "Uid:\t65532" in rights, rights
        healthy = start("check", "health", stdout=subprocess.PIPE)
        assert healthy.communicate(timeout=20)[0] == "ready\n" and healthy.returncode == 0
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=40) == 0, running.stderr.read()
    unhealthy = start("check", "health", stderr=subprocess.PIPE)
    unhealthy.communicate(timeout=20)
    assert unhealthy.returncode == 1


def main():
    if os.geteuid() != 0:
        sys.exit("check_image.py: needs root, for a mount namespace and chroot")
    atexit.register(shutil.rmtree, ROOT)
    assemble()
    passed = failed = 0
    for name, check in sorted((n, c) for n, c in globals().items() if n.startswith("check_")):
        try:
            check()
            passed += 1
        except Exception:
            failed += 1
            print(f"FAILED {name}")
            traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
