"""A server for programs: two keys that stand for themselves, and nobody with a password."""

from pathlib import Path
from types import SimpleNamespace

from support.servers import Kaiwa, ModelServer


def make_dialects(folder: Path, models: ModelServer, env: dict[str, str]) -> SimpleNamespace:
    kaiwa = Kaiwa(folder, models, env)
    try:
        printed = {name: kaiwa.run("key", "add", name) for name in ("ann", "ben")}
    except BaseException:
        kaiwa.close()
        raise
    keys = {name: next(word for word in text.split() if word.startswith("kw_")) for name, text in printed.items()}
    return SimpleNamespace(kaiwa=kaiwa, keys=keys, models=models)
