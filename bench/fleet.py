#!/usr/bin/env python3
"""What a server with many identities, and ticket keys in Redis, costs beside the same server without: interleaved, both ends
on one core, ratios round by round. Prints a table and writes fleet.md beside the other results.

    scripts/bench --rounds 1 --only x509 && bench/fleet.py      builds, then measures
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import run

# what: (mode, connections a round, variants; the first is what the others are compared with)
FIGURES = {
    "full handshake": ("handshake", 400, {"1 identity": {}, "100 identities": {"SIGNET_BENCH_IDENTITIES": "100"},
                                          "10,000 identities": {"SIGNET_BENCH_IDENTITIES": "10000"}}),
    "resumed handshake": ("resumed", 800, {"ticket keys of its own": {}, "ticket keys in Redis": {"SIGNET_BENCH_REDIS": "unix:{redis}"}}),
}


class Peers:
    def __init__(self, build, work):
        programs = build / "bin"
        self.peers = {"signet": programs / "peer_signet"}
        self.cpu = max(os.sched_getaffinity(0))
        pki = work / "pki"
        if not (pki / "done").exists():
            subprocess.run([str(run.SOURCE / "tests/pki/make.sh"), str(pki)], check=True, stdout=subprocess.DEVNULL)
        self.ca, self.chain, self.key = pki / "ca.pem", pki / "chain.pem", pki / "chain.key"


def server_cpu(peers, mode, count, variant):
    """CPU microseconds of a connection, client and server; only the server knows of the variant."""
    before = dict(os.environ)
    os.environ.update(variant)
    try:
        answer = run.run_pair(peers, "signet", mode, count, 20)
    finally:
        os.environ.clear()
        os.environ.update(before)
    if mode == "resumed" and answer["server"]["resumed"] < count * 9 // 10:
        raise run.Failed(f"only {answer['server']['resumed']} of {count} were resumed")
    return sum((side["user_us"] + side["system_us"]) / side["units"] for side in answer.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=run.SOURCE / "build/bench", help="the build to measure (%(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="interleaved rounds (%(default)s)")
    arguments = parser.parse_args()
    peers = Peers(arguments.build, arguments.build)
    lines = ["| figure | variant | CPU of both ends | ratio | min..max |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "redis.sock"
        redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder],
                                 stdout=subprocess.DEVNULL)
        try:
            while not socket.exists() and redis.poll() is None:
                time.sleep(0.02)
            for what, (mode, count, variants) in FIGURES.items():
                rounds = {name: [] for name in variants}
                for turn in range(arguments.rounds):
                    for name in run.rotated(list(variants), turn):
                        variant = {key: value.format(redis=socket) for key, value in variants[name].items()}
                        rounds[name].append(server_cpu(peers, mode, count, variant))
                    run.progress(f"{what}: round {turn + 1} of {arguments.rounds}")
                base = next(iter(rounds.values()))
                for name, values in rounds.items():
                    ratios = [v / b for v, b in zip(values, base)]
                    lines.append(f"| {what} | {name} | {statistics.median(values):.1f} us | {statistics.median(ratios):.3f} | "
                                 f"{min(ratios):.3f}..{max(ratios):.3f} |")
        finally:
            redis.kill()
            redis.wait()
    table = "\n".join(lines) + "\n"
    (arguments.build / "fleet.md").write_text(table)
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
