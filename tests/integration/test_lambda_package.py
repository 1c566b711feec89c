"""The package of `make lambda`, and how soon it is ready."""

import subprocess
import zipfile

import pytest

from support.function import ENV
from support.process import ROOT, program
from support.runtime_api import Function, RuntimeApi, http_event

LIBRARIES = ("/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libm.so.6")


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    if program("KAIWA", "build/kaiwa", "build/dev/bin/kaiwa") != str(ROOT / "build/kaiwa"):
        pytest.skip("the package is made of build/kaiwa")
    subprocess.run(["tools/lambda.sh"], cwd=ROOT, check=True)
    return ROOT / "build/kaiwa-lambda.zip"


def test_the_package_is_one_program_that_needs_an_old_c_library_alone(package, tmp_path):
    assert package.stat().st_size <= 20_000_000
    root = tmp_path / "root"
    with zipfile.ZipFile(package) as archive:
        assert archive.namelist() == ["bootstrap"]
        archive.extract("bootstrap", root)
    (root / "bootstrap").chmod(0o755)
    for library in LIBRARIES:
        target = root / library[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(open(library, "rb").read())
        target.chmod(0o755)
    shown = subprocess.run(["chroot", str(root), "/bootstrap", "version"], capture_output=True, text=True, timeout=20)
    assert shown.stdout.startswith("kaiwa "), shown.stderr
    # A configuration that is no TOML ends by an exception that is caught: the unwinder finds its tables.
    (root / "kaiwa.toml").write_text("[server\n")
    wrong = subprocess.run(["chroot", str(root), "/bootstrap", "config", "explain"], capture_output=True, text=True, timeout=20)
    assert wrong.returncode == 2 and "kaiwa.toml:1" in wrong.stderr, wrong.stderr


def test_a_cold_start_asks_for_its_first_event_within_thirty_milliseconds(tmp_path):
    times = []
    for i in range(9):
        folder = tmp_path / str(i)
        folder.mkdir()
        api = RuntimeApi()
        function = Function(folder, api.address, ENV)
        times.append(api.wait_until_asked() - function.began)
        function.close()
        api.close()
    # The best of them: what others do on this machine is not the program's.
    assert min(times) <= 0.03, times
