#!/usr/bin/env python3
"""Runs the benchmark: signet beside careful raw OpenSSL and beside Asio, interleaved, both ends on one core.

Prints a table and writes results.json (every round) and results.md. A bar that is missed is shown and changes nothing
unless --check is given: a timed assertion is no test.
"""

import argparse
import contextlib
import datetime
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
PATIENCE = 120  # seconds after which a peer is taken for stuck
COLD_RUNS = 10  # processes in one round of the cold figure

# name: what is measured, the peers' mode, how many units a round, the warm-up before them, the unit, the bar
FIGURES = {
    "handshake": dict(title="full handshake", mode="handshake", count=400, warmup=20, unit="connection", bar=0.92),
    "resumed": dict(title="resumed handshake", mode="resumed", count=800, warmup=20, unit="connection", bar=0.95),
    "bulk": dict(title="bulk, server to client", mode="bulk", count=512, warmup=16, unit="MiB", bar=1.00),
    "pingpong": dict(title="64-byte ping-pong", mode="pingpong", count=20000, warmup=500, unit="round trip", bar=1.00),
    "idle": dict(title="idle server memory", mode="idle", count=500, warmup=10, unit="connection", bar=0.64),
}
# An SSL of OpenSSL 3.5 is twice as large, and its buffers are not.
IDLE_BAR_SINCE_3_2 = 0.58
OTHERS = ("cold", "syscalls", "x509")
COLD_BAR = 0.45
# What x509_speed measures.
X509_TITLES = {"parse": "read a certificate in DER", "fingerprint_sha256": "its SHA-256 fingerprint",
               "fingerprint": "the same, the digest by its name"}
# Two lengths of the same dialogue: their difference holds no start-up.
SYSCALL_COUNTS = {"handshake": (20, 120), "resumed": (20, 120), "bulk": (8, 40), "pingpong": (50, 550)}


class Failed(Exception):
    pass


# ---- running

@contextlib.contextmanager
def pinned(cpu):
    """What is started in here runs on that one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def finish(process, what):
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Failed(f"{what} did not end within {PATIENCE} s") from None
    if process.returncode != 0:
        raise Failed(f"{what} failed with status {process.returncode}: {err.strip()}")
    return out


def run_pair(bench, peer, mode, count, warmup, trace=None):
    """One server and one client of the same library; what each says of itself."""
    program = str(bench.peers[peer])
    amount = ["--count", str(count), "--warmup", str(warmup)]

    def command(side, *more):
        traced = ["strace", "-f", "-c", "-o", f"{trace}.{side}"] if trace else []
        return traced + [program, side, mode, *more, *amount]

    pipes = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with pinned(bench.cpu):
        server = subprocess.Popen(command("server", "--cert", str(bench.chain), "--key", str(bench.key)), **pipes)
        try:
            first = server.stdout.readline().split()
            if len(first) != 2 or first[0] != "listening":
                finish(server, f"{peer} server")
                raise Failed(f"{peer} server did not say where it listens")
            client = subprocess.Popen(command("client", "--ca", str(bench.ca), "--port", first[1]), **pipes)
            try:
                answers = {"client": json.loads(finish(client, f"{peer} client ({mode})"))}
                answers["server"] = json.loads(finish(server, f"{peer} server ({mode})"))
                return answers
            finally:
                end(client)
        finally:
            end(server)


def end(process):
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


def cpu_of(command, cpu, stdin_text=""):
    """CPU microseconds of a whole process, start-up and all, and its output."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as given, pinned(cpu):
        given.write(stdin_text.encode())
        given.seek(0)
        actions = [(os.POSIX_SPAWN_DUP2, given.fileno(), 0), (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
                   (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)]
        pid = os.posix_spawn(command[0], command, command_environment(command), file_actions=actions)
        watchdog = threading.Timer(PATIENCE, os.kill, (pid, 9))
        watchdog.start()
        _, status, used = os.wait4(pid, 0)
        watchdog.cancel()
        out.seek(0)
        text = out.read()
    if status != 0:
        raise Failed(f"{' '.join(command)} failed with status {os.waitstatus_to_exitcode(status)}")
    return (used.ru_utime + used.ru_stime) * 1e6, text


def command_environment(command):
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment.update(BUNDLE_FOR.get(command[0], {}))
    return environment


BUNDLE_FOR = {}  # program: the variables that make it read the bundle


# ---- figures

def rotated(names, by):
    by %= len(names)
    return names[by:] + names[:by]


def median(values):
    return statistics.median(values)


def measure(bench, rounds):
    """Every figure of every peer in each round, one after the other, the order turning from round to round."""
    rows = {name: {peer: [] for peer in bench.peers} for name in bench.figures}
    for turn in range(rounds):
        for name, figure in bench.figures.items():
            for peer in rotated(list(bench.peers), turn):
                answer = run_pair(bench, peer, figure["mode"], figure["count"], figure["warmup"])
                rows[name][peer].append(cell(name, answer))
        progress(f"round {turn + 1} of {rounds}")
    return rows


def cell(name, answer):
    if name == "idle":
        server = answer["server"]
        return {"total": (server["rss_after"] - server["rss_before"]) / server["units"]}
    sides = {side: (a["user_us"] + a["system_us"]) / a["units"] for side, a in answer.items()}
    return {**sides, "total": sides["client"] + sides["server"]}


def summary(rows):
    result = {}
    for peer, cells in rows.items():
        ratios = [c["total"] / raw["total"] for c, raw in zip(cells, rows["raw"])]
        result[peer] = {key: median([c[key] for c in cells]) for key in cells[0]}
        result[peer] |= {"ratio": median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios)}
    return result


def syscalls(bench):
    if not shutil.which("strace"):
        progress("strace is not installed: no system calls counted")
        return None
    if subprocess.run(["strace", "-c", "true"], capture_output=True).returncode != 0:
        progress("strace may not trace here: no system calls counted")
        return None
    counted = {}
    with tempfile.TemporaryDirectory() as folder:
        for mode, (few, many) in SYSCALL_COUNTS.items():
            if mode not in bench.figures:
                continue
            for peer in bench.peers:
                totals = []
                for count in (few, many):
                    trace = f"{folder}/{mode}.{peer}.{count}"
                    run_pair(bench, peer, mode, count, 1, trace)
                    totals.append({side: strace_counts(f"{trace}.{side}") for side in ("client", "server")})
                counted.setdefault(mode, {})[peer] = {
                    side: per_unit(totals[0][side], totals[1][side], many - few) for side in ("client", "server")}
            progress(f"system calls: {mode}")
    return counted


def strace_counts(path):
    """The calls column of `strace -c`, by name."""
    counts = {}
    for line in Path(path).read_text().splitlines():
        words = line.split()
        if len(words) >= 5 and re.fullmatch(r"[\d.]+", words[0]) and words[3].isdigit() and words[-1] != "total":
            counts[words[-1]] = int(words[3])
    if not counts:
        raise Failed(f"strace said nothing that could be read: {path}")
    return counts


def per_unit(few, many, units):
    each = {name: (many[name] - few.get(name, 0)) / units for name in many}
    each = {name: round(n, 2) for name, n in sorted(each.items(), key=lambda item: -item[1]) if abs(n) >= 0.05}
    return {"total": round(sum(each.values()), 2), "by_name": each}


def cold(bench, rounds):
    """Processes that start, read the bundle, connect, verify, fetch a page and end."""
    site = bench.work / "site"
    site.mkdir(exist_ok=True)
    page = "<!doctype html><title>bench</title><p>A page.\n"
    (site / "index.html").write_text(page)
    system = next((p for p in map(Path, ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"))
                   if p.is_file()), None)
    if system is None:
        progress("no CA bundle on this system: no cold figure")
        return None
    bundle = bench.work / "bundle.pem"
    bundle.write_bytes(system.read_bytes() + bench.ca.read_bytes())

    server = subprocess.Popen(
        [str(bench.tool), "serve", "127.0.0.1:0", "--www", str(site), "--cert", str(bench.chain), "--key", str(bench.key)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        said = server.stderr.readline()
        if not (port := re.search(r":(\d+)\s*$", said)):
            raise Failed(f"signet serve did not say where it listens: {said.strip()}")
        # The rest of what it says is of no interest, and must not fill the pipe.
        threading.Thread(target=server.stderr.read, daemon=True).start()
        url = f"https://localhost:{port[1]}/"
        commands = {"signet": [str(bench.tool), "get", url]}
        BUNDLE_FOR[str(bench.tool)] = {"SSL_CERT_FILE": str(bundle), "SSL_CERT_DIR": "/nonexistent"}
        if curl := shutil.which("curl"):
            commands["curl"] = [curl, "--silent", "--show-error", "--cacert", str(bundle), url]
        openssl = shutil.which("openssl")
        commands["openssl s_client"] = [openssl, "s_client", "-quiet", "-verify_return_error", "-verify_hostname", "localhost",
                                        "-CAfile", str(bundle), "-no-CApath", "-no-CAstore", "-connect", f"localhost:{port[1]}"]
        request = "GET / HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        figures = {name: [] for name in commands}
        for turn in range(rounds + 1):  # the first one warms caches and does not count
            for name in rotated(list(commands), turn):
                used = 0.0
                for _ in range(COLD_RUNS):
                    us, text = cpu_of(commands[name], bench.cpu, request if "openssl" in name else "")
                    if not text.decode().endswith(page):
                        raise Failed(f"{name} did not fetch the page: {text!r}")
                    used += us
                if turn:
                    figures[name].append(used / COLD_RUNS)
            progress(f"cold process: round {turn} of {rounds}" if turn else "cold process: warm-up")
        return figures
    finally:
        end(server)


def x509(bench, rounds):
    """Each round's CPU of a call, in one process that does both ways in turns."""
    program = bench.programs / "x509_speed"
    if not program.exists():
        progress(f"{program} was not built: left out")
        return None
    every = [json.loads(cpu_of([str(program), str(bench.chain)], bench.cpu)[1]) for _ in range(rounds)]
    progress("certificates read and fingerprinted")
    return every


def x509_summary(every):
    result = {}
    for name in X509_TITLES:
        ratios = [turn[name]["signet"] / turn[name]["raw"] for turn in every]
        result[name] = {"us": median([turn[name]["raw"] for turn in every]) / 1000, "ratio": median(ratios),
                        "ratio_min": min(ratios), "ratio_max": max(ratios)}
    return result


# ---- telling

def progress(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def machine(bench):
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    said = {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load_before": os.getloadavg()[0],
            "openssl": subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.strip()}
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            said["system"] = line.split("=", 1)[1].strip('"')
    if bench.tool.exists():
        said["signet"] = subprocess.run([str(bench.tool), "version"], capture_output=True, text=True).stdout.strip()
    return said


def verdict(ratio, bar):
    return "-" if bar is None else f"{'met' if ratio <= bar else 'MISSED'} (<= {bar:.2f})"


def tables(results):
    """The results as Markdown, and the bars that were missed."""
    missed = []
    lines = ["| figure | raw OpenSSL | Asio, ratio | signet, ratio | signet min..max | bar |", "|---|---|---|---|---|---|"]
    for name, by_peer in results["figures"].items():
        figure = FIGURES[name]
        raw = by_peer["raw"]
        per = f"{raw['total'] / 1024:.1f} KiB" if name == "idle" else f"{raw['total']:.1f} us"
        ratio = {peer: f"{v['ratio']:.3f}" for peer, v in by_peer.items()}
        ours = by_peer.get("signet")
        span, bar = "-", "-"
        if ours:
            span, bar = f"{ours['ratio_min']:.3f}..{ours['ratio_max']:.3f}", verdict(ours["ratio"], figure["bar"])
            if ours["ratio"] > figure["bar"]:
                missed.append(name)
        lines.append(f"| {figure['title']}, per {figure['unit']} | {per} | {ratio.get('asio', '-')} | "
                     f"{ratio.get('signet', '-')} | {span} | {bar} |")
    lines += ["", "CPU by side, us per unit (client / server):", "", "| figure | raw OpenSSL | Asio | signet |", "|---|---|---|---|"]
    for name, by_peer in results["figures"].items():
        if name != "idle":
            sides = [f"{v['client']:.1f} / {v['server']:.1f}" if (v := by_peer.get(p)) else "-" for p in ("raw", "asio", "signet")]
            lines.append(f"| {FIGURES[name]['title']} | " + " | ".join(sides) + " |")
    if calls := results.get("syscalls"):
        lines += ["", "System calls per unit (client / server):", "", "| figure | raw OpenSSL | Asio | signet |", "|---|---|---|---|"]
        for mode, by_peer in calls.items():
            sides = [f"{v['client']['total']:.1f} / {v['server']['total']:.1f}" if (v := by_peer.get(p)) else "-"
                     for p in ("raw", "asio", "signet")]
            lines.append(f"| {FIGURES[mode]['title']}, per {FIGURES[mode]['unit']} | " + " | ".join(sides) + " |")
    if process := results.get("cold"):
        lines += ["", "Cold process with the system's CA bundle as a file: connect, verify, fetch, exit:", "",
                  "| program | CPU | ratio to curl | bar |", "|---|---|---|---|"]
        for program, v in process.items():
            bar = COLD_BAR if program == "signet" else None
            if bar is not None and v.get("ratio", 0) > bar:
                missed.append("cold")
            ratio = f"{v['ratio']:.3f} ({v['ratio_min']:.3f}..{v['ratio_max']:.3f})" if "ratio" in v else "-"
            lines.append(f"| {program if program != 'signet' else 'signet get'} | {v['us'] / 1000:.1f} ms | {ratio} | "
                         f"{verdict(v['ratio'], bar) if 'ratio' in v else '-'} |")
    if calls := results.get("x509"):
        lines += ["", "Certificates, a call:", "", "| call | raw OpenSSL | signet, ratio |", "|---|---|---|"]
        lines += [f"| {X509_TITLES[name]} | {v['us']:.2f} us | {v['ratio']:.3f} ({v['ratio_min']:.3f}..{v['ratio_max']:.3f}) |"
                  for name, v in calls.items()]
    return "\n".join(lines) + "\n", missed


def cold_summary(figures):
    result = {}
    for program, values in figures.items():
        result[program] = {"us": median(values)}
        if curl := figures.get("curl"):
            ratios = [v / c for v, c in zip(values, curl)]
            result[program] |= {"ratio": median(values) / median(curl), "ratio_min": min(ratios), "ratio_max": max(ratios)}
    return result


# ---- the command line

class Bench:
    """Where everything is."""

    def __init__(self, arguments):
        self.programs = programs = arguments.build / "bin"
        names = arguments.peers.split(",") if arguments.peers else ["raw", "asio", "signet"]
        self.peers = {n: programs / f"peer_{n}" for n in names if (programs / f"peer_{n}").exists()}
        for name in names:
            if name not in self.peers:
                progress(f"{programs / f'peer_{name}'} was not built: left out")
        if "raw" not in self.peers:
            raise Failed("the ratios are relative to peer_raw, which is not there")
        self.tool = programs / "signet"
        self.cpu = max(os.sched_getaffinity(0))
        only = arguments.only.split(",") if arguments.only else [*FIGURES, *OTHERS]
        if unknown := set(only) - {*FIGURES, *OTHERS}:
            raise Failed(f"no such figure: {', '.join(sorted(unknown))}")
        self.only = only
        self.figures = {name: f for name, f in FIGURES.items() if name in only}
        self.work = arguments.out.resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        pki = self.work / "pki"
        if not (pki / "done").exists():
            subprocess.run([str(SOURCE / "tests/pki/make.sh"), str(pki)], check=True, stdout=subprocess.DEVNULL)
        self.ca, self.chain, self.key = pki / "ca.pem", pki / "chain.pem", pki / "chain.key"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=SOURCE / "build/bench", help="the build to measure (%(default)s)")
    parser.add_argument("--out", type=Path, default=SOURCE / "build/bench", help="where the results go (%(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="interleaved rounds (%(default)s)")
    parser.add_argument("--peers", help="a list of: raw,asio,signet")
    parser.add_argument("--only", help=f"a list of: {','.join([*FIGURES, *OTHERS])}")
    parser.add_argument("--check", action="store_true", help="exit with status 1 when a bar is missed")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds needs at least one")
    try:
        bench = Bench(arguments)
        results = {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                   "machine": machine(bench), "rounds": arguments.rounds}
        if not results["machine"]["openssl"].startswith("OpenSSL 3.0."):
            FIGURES["idle"]["bar"] = IDLE_BAR_SINCE_3_2
        results["every_round"] = measure(bench, arguments.rounds) if bench.figures else {}
        results["figures"] = {name: summary(rows) for name, rows in results["every_round"].items()}
        if "cold" in bench.only and bench.tool.exists() and (figures := cold(bench, arguments.rounds)):
            results["every_round"]["cold"] = figures
            results["cold"] = cold_summary(figures)
        if "syscalls" in bench.only and bench.figures:
            results["syscalls"] = syscalls(bench)
        if "x509" in bench.only and (every := x509(bench, arguments.rounds)):
            results["every_round"]["x509"] = every
            results["x509"] = x509_summary(every)
    except (Failed, OSError, subprocess.CalledProcessError) as e:
        progress(str(e))
        return 2
    table, missed = tables(results)
    results["missed"] = missed
    about = results["machine"]
    head = (f"{results['date']}, {about['cpu']}, {about['cores']} cores, {about.get('system', '')}, {about['openssl']}; "
            f"{arguments.rounds} interleaved rounds, both ends on one core, TLS 1.3, ECDSA P-256, verification on.\n\n")
    (bench.work / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (bench.work / "results.md").write_text(head + table)
    print(head + table)
    progress(f"written to {bench.work}/results.json and results.md")
    return 1 if arguments.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
