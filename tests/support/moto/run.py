"""See run.sh."""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integration"))
from support.aws import Moto  # noqa: E402
from support.process import environment  # noqa: E402

BUCKET = "conformance"

with tempfile.TemporaryDirectory() as folder:
    moto = Moto(Path(folder))
    try:
        moto.make_bucket(BUCKET)
        done = subprocess.run(sys.argv[1:], env=environment(moto.env | {"KAIWA_TEST_S3_BUCKET": BUCKET}), timeout=240)
    finally:
        moto.close()
sys.exit(done.returncode)
