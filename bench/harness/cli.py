"""bench/run: what is measured, in which order, within which time."""
import argparse
import json
import os
import platform
import signal
import sys
import time

from . import measures
from .lineup import CONTENDERS, make_contender
from .processes import BenchError, raise_open_files
from .programs import DEFAULT_GATEWAY, Programs
from .report import TITLES, Report
from .stage import Stage

CROWD = 10000
NEEDED = ("nginx", "moongate")
WITHOUT_REDIS = ("nginx", "nginx-lua", "moongate")
SPARE_FILES = 400  # listeners, logs, libraries, upstream connections between two uses


def options(argv):
    parser = argparse.ArgumentParser(prog="bench/run", description="Measures this gateway, plain nginx, and nginx with "
                                     "the same policy in Lua, in interleaved rounds on one pinned core, and prints one "
                                     "table of ratios to plain nginx. docs/performance.md says how and why.")
    parser.add_argument("--gateway", metavar="FILE", help="the moongate binary (default: $MOONGATE_BINARY, or "
                        f"{DEFAULT_GATEWAY.relative_to(DEFAULT_GATEWAY.parents[3])} as ./run --build makes it)")
    parser.add_argument("--quick", action="store_true", help="under a minute: fewer and shorter rounds, coarse figures")
    parser.add_argument("--only", metavar="LIST", help=f"of: {','.join(TITLES)}")
    parser.add_argument("--contenders", metavar="LIST", default=",".join(CONTENDERS), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (default 5; 2 with --quick)")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE",
                        help="a further setting for the gateway, as for moongate serve")
    parser.add_argument("--cores", default="0,1", metavar="A,B", help="A: the contender's; B: upstream, Redis, load")
    parser.add_argument("--limit", type=int, default=600, metavar="SECONDS", help="give up after (default %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="write every raw figure there")
    chosen = parser.parse_args(argv)
    for name, known in (("only", TITLES), ("contenders", CONTENDERS)):
        wanted = [item.strip() for item in (getattr(chosen, name) or ",".join(known)).split(",")]
        if unknown := [item for item in wanted if item not in known]:
            parser.error(f"--{name}: {', '.join(unknown)}; known are {', '.join(known)}")
        setattr(chosen, name, [item for item in known if item in wanted])
    chosen.rounds = chosen.rounds or (2 if chosen.quick else 5)
    return chosen


class Run:
    def __init__(self, chosen, stage):
        self._chosen = chosen
        self._stage = stage
        self._rounds = {}
        self.crowd_streams = min(CROWD, (stage.open_files - SPARE_FILES) // 2)
        self.contenders = [make_contender(name, stage, chosen.settings) for name in chosen.contenders]

    def measure(self):
        for contender in self.contenders:
            say(f"{contender.name}: starting and checking")
            contender.start()
            contender.verify()
        for name in self._chosen.only:
            say(TITLES[name].format(crowd_streams=self.crowd_streams))
            getattr(self, "_" + name)()
        return self._rounds

    def _interleave(self, measure, names, rounds, once):
        """A B C A B C …, so that a change of the machine meets all of them."""
        for _ in range(rounds):
            for contender in self._named(names):
                self._note(measure, contender.name, once(contender))

    def _named(self, names):
        return [contender for contender in self.contenders if names is None or contender.name in names]

    def _note(self, measure, name, figures):
        self._rounds.setdefault(measure, {}).setdefault(name, []).append(figures)

    def _small(self):
        seconds = 0.5 if self._chosen.quick else 1.5
        self._interleave("small", None, self._chosen.rounds,
                         lambda c: measures.requests(self._stage, c, measures.SMALL, 64, seconds))

    def _large(self):
        seconds = 0.5 if self._chosen.quick else 1.5
        self._interleave("large", WITHOUT_REDIS if self._chosen.quick else None, self._chosen.rounds,
                         lambda c: measures.requests(self._stage, c, measures.LARGE, 32, seconds))

    def _sse(self):
        seconds = 0.6 if self._chosen.quick else 3.0
        for _ in range(self._chosen.rounds):
            self._note("sse", "direct", measures.events(self._stage, None, 500, 10000, seconds))
            self._interleave("sse", WITHOUT_REDIS, 1, lambda c: measures.events(self._stage, c, 500, 10000, seconds))

    def _idle(self):
        self._memory("idle", tls=False)

    def _tls(self):
        self._memory("tls", tls=True)

    def _memory(self, measure, tls):
        streams = min(500 if self._chosen.quick else 2000, self.crowd_streams)
        self._interleave(measure, NEEDED if self._chosen.quick else WITHOUT_REDIS, 1,
                         lambda c: measures.idle_streams(self._stage, c, streams, tls))

    def _calls(self):
        count = 2000 if self._chosen.quick else 10000
        self._interleave("calls", NEEDED if self._chosen.quick else None, 1, lambda c: measures.system_calls(self._stage, c, count, measures.SMALL, 64))

    def _crowd(self):
        if self.crowd_streams < CROWD:
            say(f"only {self.crowd_streams} streams: a proxy needs two sockets for each, and no more than "
                f"{self._stage.open_files} files may be open here (ulimit -Hn)")
        interval_s = 1.0 if self._chosen.quick else 2.0

        def once(contender):
            figures = measures.crowd(self._stage, contender, self.crowd_streams, interval_s)
            return figures | {"lost": figures["streams"] - figures["complete"]}
        self._interleave("crowd", ("moongate",) if self._chosen.quick else NEEDED, 1, once)

    def _start(self):
        self._interleave("start", NEEDED, 1 if self._chosen.quick else 3, measures.start_time)


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def stop_late(signum, _frame):
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the clean-up that follows is bounded, and must not be cut short
    raise BenchError("ended by signal" if signum != signal.SIGALRM else "out of time: raise --limit, or measure less with --only")


def main(argv):
    chosen = options(argv)
    cores = [int(core) for core in chosen.cores.split(",")]
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_late)
    signal.alarm(chosen.limit)
    began = time.monotonic()
    try:
        if len(cores) != 2 or not set(cores) <= os.sched_getaffinity(0):
            raise BenchError("two cores are needed, one for the contender and one for everything else: see --cores")
        programs = Programs(chosen.gateway, chosen.contenders)
        os.sched_setaffinity(0, {cores[1]})
        with Stage(programs, cores[0], cores[1], raise_open_files(2 * CROWD + SPARE_FILES)) as stage:
            stage.set_up()
            run = Run(chosen, stage)
            rounds = run.measure()
            report = Report(run.contenders, rounds, run.crowd_streams)
    except BenchError as problem:
        print(f"bench/run: {problem}", file=sys.stderr)
        return 1
    finally:
        signal.alarm(0)
    print(report.table())
    print()
    print(report.details())
    print(f"\n{len(report.verdicts())} targets measured, {sum(not v['met'] for v in report.verdicts())} missed; "
          f"{time.monotonic() - began:.0f} s; {machine()}")
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"machine": machine(), "rounds": rounds, "targets": report.verdicts()}, file, indent=1)
    return 0


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release()}"
