"""usage: run.py [--dynalite] [--faults SEED [--share SHARE] [--kinds KINDS]] COMMAND…

Runs COMMAND with KAIWA_TEST_DYNAMODB set to a DynamoDB Local of its own, or to a dynalite, behind the
fault proxy when a seed is given. KINDS are some of the proxy's faults, with commas between them.
"""

import argparse
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from aws_fault_proxy.proxy import FaultProxy, kinds  # noqa: E402
from dynalite.dynalite import Dynalite  # noqa: E402
from dynamodb_local.local import DynamoDbLocal  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--dynalite", action="store_true")
parser.add_argument("--faults", type=int)
parser.add_argument("--share", type=float, default=0.1)
parser.add_argument("--kinds", default=",".join(kinds))
parser.add_argument("command", nargs=argparse.REMAINDER)
options = parser.parse_args()

with ExitStack() as stack:
    url = stack.enter_context(Dynalite() if options.dynalite else DynamoDbLocal()).url
    proxy = None
    if options.faults is not None:
        proxy = stack.enter_context(FaultProxy(url, options.faults, options.share, options.kinds.split(",")))
        url = proxy.url
    status = subprocess.run(options.command, env={**os.environ, "KAIWA_TEST_DYNAMODB": url}).returncode
    if proxy:
        print(f"faults of seed {options.faults}: {proxy.counts}")
    sys.exit(status)
