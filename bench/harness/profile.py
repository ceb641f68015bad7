"""bench/profile: perf on one contender while one workload of bench/run goes through it."""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import instructions, measures
from .lineup import CONTENDERS, make_contender
from .processes import BenchError, raise_open_files
from .programs import Programs
from .stage import Stage

WORKLOADS = {
    "small": lambda stage, contender, seconds: measures.requests(stage, contender, measures.SMALL, 64, seconds),
    "large": lambda stage, contender, seconds: measures.requests(stage, contender, measures.LARGE, 32, seconds),
    "sse": lambda stage, contender, seconds: measures.events(stage, contender, 500, 10000, seconds),
}


def options(argv):
    parser = argparse.ArgumentParser(prog="bench/profile", description="Records where one contender spends its time "
                                     "(perf, software clock) and prints its programs and functions by share.")
    parser.add_argument("workload", choices=WORKLOADS, nargs="?", default="small")
    parser.add_argument("--contender", choices=CONTENDERS, default="moongate")
    parser.add_argument("--gateway", metavar="FILE", help="the moongate binary, as for bench/run")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--lines", type=int, default=45, help="functions shown")
    parser.add_argument("--callers", metavar="FUNCTION", help="also the callers of this function")
    parser.add_argument("--instructions", action="store_true", help="count instructions in user space by valgrind "
                        "instead: slow, but the same on a busy machine (small and large only)")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE",
                        help="a further setting for the gateway")
    return parser.parse_args(argv)


def record(stage, contender, chosen):
    """The perf data file of one run of the workload, and the workload's own figures."""
    data = stage.folder / "perf.data"
    with open(stage.folder / "perf.log", "wb") as log:
        perf = stage.processes.start(["perf", "record", "-e", "cpu-clock", "-F", "4000", "-g", "-p", contender.pid, "-o", data],
                                     stage.load_core, stdout=log, stderr=log)
        time.sleep(0.3)
        figures = WORKLOADS[chosen.workload](stage, contender, chosen.seconds)
        perf.send_signal(signal.SIGINT)
        perf.wait(30)
    if not data.exists():
        raise BenchError(f"perf recorded nothing:\n{(stage.folder / 'perf.log').read_text()}")
    return data, figures


def show(data, title, lines, *arguments):
    report = subprocess.run(["perf", "report", "-i", str(data), "--stdio", *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, check=False, timeout=120)
    # perf pads to the width of its longest name, and adds two empty columns.
    kept = [re.sub(r"\s+-\s+-\s*$", "", line).rstrip() for line in report.stdout.splitlines()
            if line.strip() and not line.startswith("#")]
    print(title + "\n" + "\n".join(re.sub(r"(?<=\S) {2,}", "  ", line) for line in kept[:lines]) + "\n")


def main(argv):
    chosen = options(argv)
    try:
        if not shutil.which("perf") and not chosen.instructions:
            raise BenchError("perf is missing: apt-get install linux-perf")
        if chosen.instructions and chosen.workload == "sse":
            raise BenchError("--instructions counts requests: small or large")
        programs = Programs(chosen.gateway, [chosen.contender])
        os.sched_setaffinity(0, {1})
        with Stage(programs, 0, 1, raise_open_files(20000)) as stage:
            stage.set_up()
            contender = make_contender(chosen.contender, stage, chosen.settings)
            if chosen.instructions:
                large = chosen.workload == "large"
                instructions.count(stage, chosen, contender, measures.LARGE if large else measures.SMALL,
                                   requests=300 if large else 3000)
                return 0
            contender.start()
            contender.verify()
            data, figures = record(stage, contender, chosen)
            print(f"{chosen.contender}, {chosen.workload}: {figures['us']:.2f} us each (perf's own cost included)\n")
            show(data, "by program and library", 12, "--no-children", "-g", "none", "--sort", "dso")
            show(data, "by thread", 12, "--no-children", "-g", "none", "--sort", "pid")
            show(data, "functions by themselves", chosen.lines, "--no-children", "-g", "none", "--sort", "dso,symbol")
            show(data, "functions with all they call", chosen.lines, "--children", "-g", "none", "--sort", "dso,symbol",
                 "--dsos", Path(f"/proc/{contender.pid}/exe").resolve().name)
            if chosen.callers:
                show(data, f"callers of {chosen.callers}", 80, "--no-children", "-g", "caller,0.5,callee,function,percent",
                     "--sort", "symbol", "--symbol-filter", chosen.callers)
    except BenchError as problem:
        print(f"bench/profile: {problem}", file=sys.stderr)
        return 1
    return 0
