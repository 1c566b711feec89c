"""Measures Kaiwa beside nginx in one run, as ratios, and prints a table against the budgets.

    python3 bench/run.py --kaiwa build/kaiwa --bin build/release/bin [--quick] [--peers build/peers] [--write docs/performance.md]

The server under test runs on core 0, the model server and the load on core 1. Loopback only; every
measurement is bounded and the run stops by itself after about ten minutes (--quick: two); the peers add four at most.
"""

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from dynamodb_local.local import DynamoDbLocal  # noqa: E402
from peers import compare  # noqa: E402
from processes import Servers, cold_start, cpu_seconds, free_port, memory_kb, wait_ready  # noqa: E402
from table import Table, replace_measured  # noqa: E402


class Bench:
    def __init__(self, args):
        self.args = args
        self.folder = Path(tempfile.mkdtemp(prefix="kaiwa-bench-"))
        self.servers = Servers()
        self.table = Table()
        self.row = self.table.row
        self.rates = {}  # whole turns a second, by how many at once
        self.costs = {}  # µs a relayed token, by how it was relayed

    def load(self, target, model, connections, turns, **more):
        port = {"kaiwa": self.kaiwa_port, "nginx": self.nginx_port, "direct": self.model_port}[target]
        if target == "kaiwa":
            # The options of a model are part of its id; ';' stands for '?' and '&' there.
            model = "bench/" + model.replace("?", ";").replace("&", ";")
        command = [self.args.bin / "kaiwa_load", "--target", "kaiwa" if target == "kaiwa" else "openai", "--port", port,
                   "--key", self.key, "--model", model, "--connections", connections, "--turns", turns]
        for name, value in more.items():
            command += ["--" + name.replace("_", "-"), value]
        pid = {"kaiwa": self.kaiwa.pid, "nginx": self.nginx.pid, "direct": self.model.pid}[target]
        before = cpu_seconds(pid)
        out = subprocess.run(["taskset", "-c", "1", *map(str, command)], capture_output=True, text=True, check=True).stdout
        result = json.loads(out)
        result["cpu"] = cpu_seconds(pid) - before
        if result["broken"]:
            print(f"    {target}: {result['broken']} broken: {result['first_problem']}", file=sys.stderr)
        return result

    def start(self):
        a = self.args
        self.model = self.servers.start("1", [a.bin / "kaiwa_model_server", "--port", "0", "--lifetime", "2400", "--records", "0",
                                              "--model", f"{compare.TURN_MODEL}=stream?tokens=50"],
                                        stdout=subprocess.PIPE, text=True)
        self.model_port = int(self.model.stdout.readline().split()[1])
        self.nginx_port = free_port()
        conf = self.folder / "nginx.conf"
        conf.write_text(f"""
daemon off; worker_processes 1; error_log /dev/null; pid {self.folder}/nginx.pid; worker_rlimit_nofile 20000;
events {{ worker_connections 19000; }}
http {{ access_log off; keepalive_requests 1000000;
  upstream model {{ server 127.0.0.1:{self.model_port}; keepalive 256; keepalive_requests 1000000; }}
  server {{ listen 127.0.0.1:{self.nginx_port} backlog=4096;
    location / {{ proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 300s; }} }} }}
""")
        self.nginx = self.servers.start("0", ["nginx", "-p", self.folder, "-c", conf], stderr=subprocess.DEVNULL)
        self.kaiwa_port = free_port()
        self.data = self.folder / "data"
        self.env = dict(os.environ, KAIWA_LIMITS__TURNS_PER_USER="20000", KAIWA_PROVIDERS=json.dumps(
            [{"name": "bench", "kind": "openai", "base_url": f"http://127.0.0.1:{self.model_port}/v1", "models": ["*"]}]))
        self.start_kaiwa()
        self.key = self.make_key("bench")
        wait_ready(f"http://127.0.0.1:{self.nginx_port}/v1/models")

    def start_kaiwa(self):
        begun = time.perf_counter()
        self.kaiwa = self.servers.start("0", [self.args.kaiwa, "serve", "--listen", f"127.0.0.1:{self.kaiwa_port}", "--data", self.data],
                                        env=self.env, stderr=open(self.folder / "kaiwa.log", "a"))
        wait_ready(f"http://127.0.0.1:{self.kaiwa_port}/readyz")
        return (time.perf_counter() - begun) * 1000

    def measure(self):
        quick = self.args.quick
        scale = 5 if quick else 1
        # Start, memory, size.
        self.kaiwa.send_signal(signal.SIGTERM)
        self.kaiwa.wait(20)
        starts = []
        for _ in range(5):
            starts.append(self.start_kaiwa())
            idle = memory_kb(self.kaiwa.pid) / 1024
            if len(starts) < 5:
                self.kaiwa.send_signal(signal.SIGTERM)
                self.kaiwa.wait(20)
        self.row("start to ready", f"{sorted(starts)[2]:.0f} ms", "", "≤ 50 ms", sorted(starts)[2] <= 50)
        self.row("idle memory (RSS)", f"{idle:.1f} MB", "", "≤ 20 MB", idle <= 20)
        size = Path(self.args.kaiwa).stat().st_size / 1e6
        self.row("the program", f"{size:.1f} MB", "", "≤ 20 MB", size <= 20)

        cold = sorted(cold_start(self.args.kaiwa) for _ in range(5 if quick else 15))
        median = cold[len(cold) // 2] * 1000
        self.row("Lambda cold start: process to first `next`", f"{median:.1f} ms", "", "≤ 30 ms", median <= 30)

        # Relay cost: paced and burst, beside nginx.
        for what, model, connections, turns in [
            ("burst, 1 connection", "stream?tokens=200", 1, 2000 // scale),
            ("8 streams × 50/s", "stream?tokens=250&rate=50", 8, 1 if quick else 2),
            ("1,000 streams × 20/s", "stream?tokens=200&rate=20", 1000, 1),
        ]:
            if quick and connections > 8:
                continue
            cost = {}
            for target in ("nginx", "kaiwa"):
                r = self.load(target, model, connections, turns)
                cost[target] = r["cpu"] / max(r["frames"], 1) * 1e6
            self.costs[what] = cost["kaiwa"]
            ratio = cost["kaiwa"] / cost["nginx"]
            self.row(f"CPU per token, {what}", f"{cost['kaiwa']:.1f} µs", f"nginx {cost['nginx']:.1f} µs = {ratio:.2f} ×", "≤ 1.0 × nginx", ratio <= 1.0)

        # Added latency of the first token. Rounds beside each other; the quietest of each counts.
        rounds = [{t: self.load(t, "stream?tokens=20", 1, 2000 // scale)["first_token_ms"] for t in ("direct", "nginx", "kaiwa")} for _ in range(3)]
        first = {t: {q: min(r[t][q] for r in rounds) for q in ("p50", "p99")} for t in ("direct", "nginx", "kaiwa")}
        for q, budget in (("p50", 0.1), ("p99", 1.0)):
            added = first["kaiwa"][q] - first["direct"][q]
            self.row(f"added first-token latency {q}, durable turn", f"{added:.3f} ms", f"nginx {first['nginx'][q] - first['direct'][q]:.3f} ms", f"≤ {budget} ms", added <= budget)
        token = {t: self.load(t, "stream?tokens=200&rate=50&stamp", 8, 1)["token_ms"] for t in ("direct", "nginx", "kaiwa")}
        self.row("added latency of a later token p50 / p99", " / ".join(f"{token['kaiwa'][q] - token['direct'][q]:.3f} ms" for q in ("p50", "p99")),
                 "nginx " + " / ".join(f"{token['nginx'][q] - token['direct'][q]:.3f} ms" for q in ("p50", "p99")), "", None)

        # Whole durable turns.
        for connections in (1, 8, 32):
            r = self.load("kaiwa", "stream?tokens=50", connections, 4000 // scale // connections)
            n = self.load("nginx", "stream?tokens=50", connections, 4000 // scale // connections)
            rate, beside = r["turns"] / r["seconds"], n["turns"] / n["seconds"]
            self.rates[connections] = rate
            self.row(f"durable turns of 50 tokens, {connections} at once", f"{rate:,.0f}/s, {r['cpu'] / r['turns'] * 1e3:.2f} ms CPU",
                     f"nginx relays {beside:,.0f}/s = {rate / beside:.2f} ×", "", None)

        self.measure_store()
        self.measure_aws()
        self.measure_dynamodb()

        self.measure_streams()

    def measure_streams(self):
        """Memory of a stream: in processes that did a little work before, so that caches are full and no freed memory is used again."""
        self.kaiwa.send_signal(signal.SIGTERM)
        self.kaiwa.wait(20)
        self.start_kaiwa()
        for target in ("kaiwa", "nginx"):
            self.load(target, "stream?tokens=50", 8, 400)
        scale = 10 if self.args.quick else 1
        for streams, rate, tokens in ((2000 // scale, 20, 200), (9000 // scale, 1, 20)):
            results = {}
            for target, process in (("nginx", self.nginx), ("kaiwa", self.kaiwa)):
                before = memory_kb(process.pid, "Pss")
                peak, ended = [0], threading.Event()

                def watch():
                    while not ended.wait(0.5):
                        peak[0] = max(peak[0], memory_kb(process.pid, "Pss"))

                watcher = threading.Thread(target=watch)
                watcher.start()
                try:
                    r = self.load(target, f"stream?tokens={tokens}&rate={rate}", streams, 1)
                finally:
                    ended.set()
                    watcher.join()
                results[target] = r | {"each": (peak[0] - before) / streams, "share": r["cpu"] / r["seconds"] * 100}
            r, nginx = results["kaiwa"], results["nginx"]
            whole = r["broken"] == 0 and r["turns"] == streams
            self.row(f"{streams:,} streams × {rate}/s", f"{r['turns']:,} whole, {r['broken']} broken, {r['share']:.0f} % of a core; {r['each']:.1f} KB each",
                     f"nginx {nginx['share']:.0f} % of a core; {nginx['each']:.1f} KB each", "none broken, ≤ 8 KB each", whole and r["each"] <= 8)

    def measure_store(self):
        seconds = "1" if self.args.quick else "3"
        out = subprocess.run(["taskset", "-c", "0", str(self.args.bin / "kaiwa_store_bench"), str(self.folder), seconds], capture_output=True, text=True, check=True, timeout=300).stdout
        r = json.loads(out)
        plain, slow, long = r["durable_messages"], r["with_2ms_flush"], r["thread_of_10000"]
        self.row("durable messages, 64 writers", f"{plain['per_second']:,}/s, p99 {plain['p99_ms']:.1f} ms, longest {plain['max_ms']:.0f} ms", f"{plain['writer_us']:.0f} µs CPU of the writer each",
                 "≥ 3,000/s, p99 < 20 ms, longest < 250 ms", plain["per_second"] >= 3000 and plain["p99_ms"] < 20 and plain["max_ms"] < 250)
        self.row("with 2 ms added to each flush, 1,024 writers", f"{slow['writers_1024_per_second']:,}/s", f"one commit each {slow['one_commit_each_per_second']:,}/s = {slow['ratio']:.0f} ×", "≥ 50 ×", slow["ratio"] >= 50)
        self.row("with 2 ms added to each flush, 64 writers", f"{slow['writers_64_per_second']:,}/s, p99 {slow['writers_64_p99_ms']:.1f} ms", f"{slow['writers_64_ratio']:.0f} × one commit each", "p99 ≤ 20 ms", slow["writers_64_p99_ms"] <= 20)
        self.row("a page of a thread of 10,000 messages, from the store", f"p50 {long['open_p50_ms']:.2f} ms, p99 {long['open_p99_ms']:.2f} ms", "", "≤ 20 ms on the server", long["open_p99_ms"] <= 20)

    def measure_aws(self):
        out = subprocess.run(["taskset", "-c", "0", str(self.args.bin / "kaiwa_aws_bench"), "--benchmark_format=json", "--benchmark_min_time=0.2"],
                             capture_output=True, text=True, check=True, timeout=120).stdout
        took = {b["name"]: b["cpu_time"] / 1000 for b in json.loads(out)["benchmarks"]}
        self.row("signing a request to AWS, 4 KiB of body", f"{took['sign_request']:.1f} µs", "", "", None)
        self.row("decoding a frame of an event stream", f"{took['decode_frame']:.2f} µs", "", "", None)

    def measure_dynamodb(self):
        """Whole turns with everything in DynamoDB Local, which works on the load's core and is most of what a turn takes."""
        with DynamoDbLocal() as database:
            subprocess.run(["taskset", "--all-tasks", "--cpu-list", "--pid", "1", str(database.process.pid)], check=True, stdout=subprocess.DEVNULL)
            env = self.env | {"KAIWA_STORE__KIND": "dynamodb", "KAIWA_STORE__DYNAMODB__CREATE_TABLES": "true", "KAIWA_STORE__DYNAMODB__ENDPOINT": database.url,
                              "KAIWA_STORE__DYNAMODB__REGION": "us-east-1", "KAIWA_SECRET": "a secret of the benchmark, of 32 and more",
                              "AWS_ACCESS_KEY_ID": "kaiwabench", "AWS_SECRET_ACCESS_KEY": "secret"}
            before = self.kaiwa, self.kaiwa_port, self.data, self.key, self.env
            self.kaiwa_port, self.data, self.env = free_port(), self.folder / "dynamodb", env
            try:
                self.start_kaiwa()
                self.key = self.make_key("bench")
                for connections in (1, 8):
                    r = self.load("kaiwa", "stream?tokens=50", connections, (40 if self.args.quick else 400) // connections)
                    self.row(f"durable turns of 50 tokens on DynamoDB Local, {connections} at once",
                             f"{r['turns'] / r['seconds']:,.0f}/s, {r['cpu'] / r['turns'] * 1e3:.2f} ms CPU, first token p50 {r['first_token_ms']['p50']:.1f} ms", "", "", None)
            finally:
                if self.kaiwa is not before[0]:
                    self.kaiwa.send_signal(signal.SIGTERM)
                    self.kaiwa.wait(20)
                self.kaiwa, self.kaiwa_port, self.data, self.key, self.env = before

    def measure_page(self):
        password = "a password of the benchmark"
        subprocess.run([str(self.args.kaiwa), "user", "add", "reader", "--role", "user", "--password-stdin", "--data", str(self.data)],
                       env=self.env, input=password + "\n", capture_output=True, text=True, check=True)
        done = subprocess.run(["taskset", "-c", "1", "node", "bench/page.mjs", "--url", f"http://127.0.0.1:{self.kaiwa_port}", "--user", "reader", "--password", password,
                               "--key", self.make_key("page", "--user", "reader"), "--model", "bench/stream;tokens=2000;rate=200", "--short", "bench/echo",
                               "--messages", "1000" if self.args.quick else "10000"], capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            self.row("the page in Chromium", "not measured", done.stderr.strip().splitlines()[-1][:120] if done.stderr.strip() else "", "", False)
            return
        r = json.loads(done.stdout)
        self.row("first load: JavaScript", f"{r['javascript_kb']:.0f} KB in {r['requests']} requests, usable after {r['usable_ms']:.0f} ms", "another day: Chainlit 1,290 KB, Open WebUI 2,180 KB", "≤ 180 KB", r["javascript_kb"] <= 180)
        s, idle = r["streaming"], r["idle"]
        self.row("2,000 tokens at 200/s into the page", f"{s['fps']:.1f} frames/s, {s['long']} long tasks, longest {s['longest']:.0f} ms", f"idle page {idle['fps']:.1f} frames/s; another day: Open WebUI 37–39, Chainlit 11",
                 "as idle, none over 50 ms", s["fps"] >= 0.95 * idle["fps"] and s["long"] == 0)
        self.row(f"opening {1_000 if self.args.quick else 10_000:,} messages", f"{r['long_thread_ms']:.0f} ms, the server {r['long_thread_server_ms']:.0f} ms", "another day: Open WebUI 1.5–2.2 s for 2,000", "≤ 1 s, server ≤ 20 ms", r["long_thread_ms"] <= 1000 and r["long_thread_server_ms"] <= 20)

    def compare_peers(self):
        root, quick = self.args.peers, self.args.quick
        began = time.monotonic()
        measured, why = compare.run_litellm(root, self.folder, self.model_port, self.args.bin / "kaiwa_load", quick)
        for what in compare.RELAYS:
            if what in self.costs:
                self.row(*compare.relay_row(what, self.costs[what], measured[what] if measured else None, why))
        for peer in compare.CHAT_PEERS:
            measured, why = compare.run_chat_peer(root, peer, self.folder, self.model_port, quick)
            for connections in peer.connections:
                self.row(*compare.turn_row(peer, connections, self.rates[connections], measured, why))
        if root:
            print(f"  the peers took {time.monotonic() - began:.0f} s", flush=True)

    def make_key(self, name, *options):
        printed = subprocess.run([str(self.args.kaiwa), "key", "add", name, *options, "--data", str(self.data)], env=self.env,
                                 capture_output=True, text=True, check=True).stdout
        return next(word for word in printed.split() if word.startswith("kw_"))

    def machine(self):
        model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        return (f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), Linux {platform.release()}; the server on core 0, "
                f"model server and load on core 1; nginx {subprocess.run(['nginx', '-v'], capture_output=True, text=True).stderr.split('/')[-1].strip()}; {time.strftime('%Y-%m-%d')}.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kaiwa", type=lambda p: Path(p).resolve(), default=Path("build/kaiwa").resolve())
    parser.add_argument("--bin", type=lambda p: Path(p).resolve(), default=Path("build/release/bin").resolve())
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers", type=lambda p: Path(p).resolve(), help="folder with the peers' virtual environments")
    parser.add_argument("--write", type=Path)
    bench = Bench(parser.parse_args())
    try:
        bench.start()
        bench.measure()
        bench.compare_peers()
        bench.measure_page()
        print(f"\n{bench.table}")
        if bench.args.write:
            bench.args.write.write_text(replace_measured(bench.args.write.read_text(), bench.machine(), bench.table))
    finally:
        bench.servers.stop()
        shutil.rmtree(bench.folder, ignore_errors=True)


main()
