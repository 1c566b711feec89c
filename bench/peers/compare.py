"""Kaiwa beside its peers: starts each peer that is installed, measures it, and makes the rows of the table.

A peer that is not there is compared as it was measured once, and the row says so.
"""

import json
import os
import subprocess
from dataclasses import dataclass

from processes import SERVER_CORE, LOAD_CORE, Servers, cpu_seconds_in_ticks, free_port, wait_ready

TURNS_BUDGET = 100  # times the peer's
RELAY_BUDGET = 50  # of LiteLLM's processor time is one of these parts
TURN_MODEL = "words50"  # a plain name of stream?tokens=50: a peer that lists models has to find it
RELAYS = {"burst, 1 connection": ("stream?tokens=200", 1), "8 streams × 50/s": ("stream?tokens=250&rate=50", 8)}


@dataclass(frozen=True)
class ChatPeer:
    name: str
    folder: str
    connections: tuple[int, ...]
    other_day: dict[int, float]  # whole turns a second, by how many at once: its best of two runs


CHAT_PEERS = (
    ChatPeer("Chainlit", "chainlit", (1, 8, 32), {1: 21.6, 8: 22.1, 32: 26.4}),
    # From 32 at once its SQLite answers "database is locked".
    ChatPeer("Open WebUI", "openwebui", (1, 8), {1: 14.5, 8: 13.0}),
)
LITELLM_OTHER_DAY = {"8 streams × 50/s": 1014.0}  # µs a token, its best; bursts were measured with other answers only
CHAT_PEER_SECONDS = 300  # with its start; a quiet machine needs a third
OTHER_DAY = "measured on another day, on another machine of 2 cores"


def turn_row(peer, connections, ours, measured, why):
    """The cells of a row: whole turns a second of Kaiwa beside those of a peer. `measured` is what measure_*.py printed, or None and `why`."""
    what = f"durable turns of 50 tokens beside {peer.name}, {connections} at once"
    here = measured[str(connections)] if measured else None
    if here and here["turns"]:
        theirs = here["turns"] / here["seconds"]
        beside = f"{peer.name} in the same run: {here['cpu'] / here['turns'] * 1e3:.0f} ms CPU each, {here['broken']} broken; {measured['stored']} of {measured['asked']} stored"
    else:
        theirs = peer.other_day[connections]
        beside = f"{peer.name} {why or 'finished no turn here'}; its figure was {OTHER_DAY}"
    ratio = ours / theirs
    return what, f"{ours:,.0f}/s = {ratio:.0f} × {peer.name} ({theirs:.1f}/s)", beside, f"≥ {TURNS_BUDGET} × {peer.name}", ratio >= TURNS_BUDGET


def relay_row(what, ours, measured, why):
    """The cells of a row: processor time of a relayed token in µs, beside LiteLLM's. `measured` is in µs, or None and `why`."""
    theirs = measured or LITELLM_OTHER_DAY.get(what)
    if theirs is None:
        return f"CPU per token beside LiteLLM, {what}", f"{ours:.1f} µs", f"LiteLLM {why}", "", None
    beside = "LiteLLM in the same run" if measured else f"LiteLLM {why}; its figure was {OTHER_DAY}"
    return (f"CPU per token beside LiteLLM, {what}", f"{ours:.1f} µs = 1/{theirs / ours:.0f} of LiteLLM's {theirs:,.0f} µs", beside,
            f"≤ 1/{RELAY_BUDGET} of LiteLLM", ours * RELAY_BUDGET <= theirs)


def absent(root, peer):
    """Why a peer is not measured, or None if it can be. `root` is what tools/peers.sh filled, or None."""
    if root is None:
        return "was not asked for"
    return None if (root / peer / ".installed").exists() else "could not be installed"


def run_chat_peer(root, peer, folder, model_port, quick):
    """What bench/peers/measure_<peer>.py printed, or None; and why not."""
    why = absent(root, peer.folder)
    if why:
        return None, why
    command = [root / peer.folder / "bin/python", f"bench/peers/measure_{peer.folder}.py", "--folder", folder / peer.folder, "--model-port", model_port,
               "--model", TURN_MODEL, "--seconds", 2 if quick else 8, "--connections", *peer.connections]
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=CHAT_PEER_SECONDS)
    except subprocess.TimeoutExpired:
        return None, f"could not be measured (not done after {CHAT_PEER_SECONDS} s)"
    if done.returncode != 0:
        return None, "could not be measured (" + last_line(done.stderr) + ")"
    return json.loads(done.stdout), None


def last_line(text):
    return (text.strip().splitlines() or ["no reason was given"])[-1][:120]


def run_litellm(root, folder, model_port, load, quick):
    """µs a token by kind of relaying, or None; and why not. `load` is the program kaiwa_load."""
    why = absent(root, "litellm")
    if why:
        return None, why
    config, port, servers = folder / "litellm.yaml", free_port(), Servers()
    config.write_text(json.dumps({  # JSON is YAML
        "model_list": [{"model_name": model, "litellm_params": {"model": f"openai/{model}", "api_base": f"http://127.0.0.1:{model_port}/v1", "api_key": "none"}}
                       for model, _ in RELAYS.values()],
        "litellm_settings": {"telemetry": False}}))
    env = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "REPEATED_STREAMING_CHUNK_LIMIT": "1000000",
                        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"}
    try:
        with open(folder / "litellm.log", "w") as log:
            server = servers.start(SERVER_CORE, [root / "litellm/bin/litellm", "--config", config, "--host", "127.0.0.1", "--port", port],
                                   env=env, cwd=folder, stdout=log, stderr=log)
        wait_ready(f"http://127.0.0.1:{port}/health/liveliness", server, 120)
        command = ["taskset", "-c", LOAD_CORE, load, "--target", "openai", "--port", port]
        run_load([*command, "--model", RELAYS["burst, 1 connection"][0], "--turns", 3])  # the first answers load what later ones have
        out = {}
        for what, (model, connections) in RELAYS.items():
            before = cpu_seconds_in_ticks(server.pid)
            result = run_load([*command, "--model", model, "--connections", connections, "--turns", 1 if connections > 1 else 5 if quick else 20])
            if result["broken"] or not result["frames"]:
                return None, f"could not be measured ({result['first_problem'] or 'no token came'})"
            out[what] = (cpu_seconds_in_ticks(server.pid) - before) / result["frames"] * 1e6
        return out, None
    except (SystemExit, subprocess.SubprocessError) as problem:
        return None, f"could not be measured ({last_line(str(problem))})"
    finally:
        servers.stop()


def run_load(command):
    return json.loads(subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True, timeout=180).stdout)
