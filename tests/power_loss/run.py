"""Takes the power away from a writing server, again and again, and checks what is left.

The data lie on an ext4 file system in a file (a loop device). Its shutdown call drops everything
that was not flushed, as a power cut does. The ledger of acknowledgements lies elsewhere. Needs root
and loop devices; exits with 77 and the reason where the machine cannot.

Usage: run.py LEDGER_PROGRAM [CYCLES]
"""

import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
SKIPPED = 77
IMAGE_BYTES = 512 << 20
WRITING_TASKS = "16"
SECONDS = (0.1, 0.8)


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def mount(image, folder):
    mounted = run("mount", "-o", "loop", image, folder)
    if mounted.returncode != 0:
        skip(f"cannot mount a loop device: {mounted.stderr.strip()}")


def cut_power(folder):
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    finally:
        os.close(handle)


def cycle(program, image, folder, ledger):
    """One life of a server on the disk, ended by a power cut."""
    mount(image, folder)
    with open(ledger, "ab") as lines:
        writer = subprocess.Popen([program, "write", folder / "data", WRITING_TASKS], stdout=lines,
                                  stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(*SECONDS))
        # Stopped first: with a real cut nobody acts any more on a flush that it interrupted, while
        # the shutdown call lets some of those return as if they had succeeded.
        writer.send_signal(signal.SIGSTOP)
        try:
            cut_power(folder)
        except OSError as error:
            writer.kill()
            writer.wait()
            run("umount", folder)
            skip(f"the kernel has no shutdown call for ext4: {error}")
        writer.kill()
        writer.wait()
    run("umount", folder)


def check(program, image, folder, ledger):
    mount(image, folder)
    with open(ledger, "rb") as lines:
        checked = subprocess.run([program, "check", folder / "data"], stdin=lines,
                                 capture_output=True, text=True)
    run("umount", folder)
    return checked


def main(program, cycles):
    if os.geteuid() != 0:
        skip("only root can mount a loop device")
    with tempfile.TemporaryDirectory(prefix="kaiwa-power-") as work:
        work = Path(work)
        image, folder, ledger = work / "disk", work / "mounted", work / "ledger"
        folder.mkdir()
        with open(image, "wb") as file:
            file.truncate(IMAGE_BYTES)
        made = run("mkfs.ext4", "-q", image)
        if made.returncode != 0:
            skip(f"cannot make an ext4 file system: {made.stderr.strip()}")
        try:
            for n in range(cycles):
                cycle(program, image, folder, ledger)
                checked = check(program, image, folder, ledger)
                print(f"power cut {n + 1}: {checked.stdout.strip()}", flush=True)
                if checked.returncode != 0:
                    sys.exit(1)
        finally:
            run("umount", folder)
        if ledger.stat().st_size == 0:
            sys.exit("nothing was acknowledged, so nothing was proved")


if __name__ == "__main__":
    for tool in ("mount", "umount", "mkfs.ext4"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
