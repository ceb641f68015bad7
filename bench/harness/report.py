"""From raw rounds to one table: ratios to plain nginx in the same round, targets, and the absolute figures below."""
from statistics import median

BASE = "nginx"

# measure, contender, bound, and what is bounded: "ratio" to nginx or the "value" itself. All are upper bounds.
TARGETS = [
    ("small", "moongate", 0.95, "ratio"),
    ("small", "moongate-redis", 1.3, "ratio"),
    ("small", "moongate-shared", 0.95, "ratio"),
    ("large", "moongate", 0.75, "ratio"),
    ("sse", "moongate", 0.70, "ratio"),
    ("idle", "moongate", 4.0, "value"),
    ("tls", "moongate", 24.0, "value"),
    ("calls", "moongate", 4.5, "value"),
    ("crowd", "moongate", 0, "value"),
    ("start", "moongate", 0.5, "value"),
]

TITLES = {
    "small": "CPU per request, 2 kB POST, 64 connections",
    "large": "CPU per request, 200 kB POST, 32 connections",
    "sse": "CPU per SSE event, 10k/s over 500 streams",
    "idle": "user memory per idle stream, KiB",
    "tls": "user memory per idle stream under TLS, KiB",
    "calls": "system calls per 2 kB request",
    "crowd": "streams cut of {crowd_streams} at once",
    "start": "seconds from exec to the first answer",
}

# Which raw figure of a round counts.
FIGURE = {"small": "us", "large": "us", "sse": "us", "idle": "private_dirty", "tls": "private_dirty", "calls": "calls",
          "crowd": "lost", "start": "first_s"}
RELATIVE = ("small", "large", "sse")


class Report:
    def __init__(self, contenders, rounds, crowd_streams):
        """rounds: {measure: {contender name or "direct": [raw figures of one round, …]}}"""
        self._contenders = contenders
        self._rounds = rounds
        self._crowd_streams = crowd_streams

    def value(self, measure, name):
        """The median of the rounds; None where it was not measured."""
        rounds = self._rounds.get(measure, {}).get(name)
        return median(figures[FIGURE[measure]] for figures in rounds) if rounds else None

    def ratio(self, measure, name):
        """The median of the ratios to plain nginx round by round, so that a slow minute counts for both."""
        mine, base = (self._rounds.get(measure, {}).get(who) for who in (name, BASE))
        if not mine or not base:
            return None
        return median(a[FIGURE[measure]] / b[FIGURE[measure]] for a, b in zip(mine, base))

    def verdicts(self):
        """One entry for each target that was measured."""
        found = []
        for measure, name, bound, kind in TARGETS:
            reached = self.ratio(measure, name) if kind == "ratio" else self.value(measure, name)
            if reached is not None:
                found.append({"measure": measure, "contender": name, "kind": kind, "bound": bound, "reached": reached,
                              "met": reached <= bound})
        return found

    def table(self):
        lines = [self._row(["", *(contender.label for contender in self._contenders), "target", ""]),
                 "| --- |" + " --- |" * (len(self._contenders) + 2)]
        for measure in TITLES:
            if measure in self._rounds:
                cells = [self._cell(measure, contender.name) for contender in self._contenders]
                lines.append(self._row([self._title(measure), *cells, *self._target_cells(measure)]))
        return "\n".join(lines)

    def _title(self, measure):
        title = TITLES[measure].format(crowd_streams=f"{self._crowd_streams:,}")
        return title + (" (nginx = 1)" if measure in RELATIVE else "")

    def _cell(self, measure, name):
        reached = self.ratio(measure, name) if measure in RELATIVE else self.value(measure, name)
        if reached is None:
            return ""
        return f"{reached:.0f}" if measure == "crowd" else f"{reached:.2f}"

    def _target_cells(self, measure):
        labels = {contender.name: contender.label for contender in self._contenders}
        verdicts = [verdict for verdict in self.verdicts() if verdict["measure"] == measure]
        several = len(verdicts) > 1
        targets, outcomes = [], []
        for verdict in verdicts:
            who = f"{labels[verdict['contender']]}: " if several else ""
            targets.append(f"{who}≤ {verdict['bound']:g}")
            outcomes.append(who + ("met" if verdict["met"] else f"missed by {_excess(verdict)}"))
        return ["; ".join(targets), "; ".join(outcomes)]

    @staticmethod
    def _row(cells):
        return "| " + " | ".join(cells) + " |"

    def details(self):
        """Absolute figures, for information: they drift with the machine, only ratios of one run compare."""
        lines = []
        for measure, unit in (("small", "request"), ("large", "request"), ("sse", "event")):
            for name, rounds in self._rounds.get(measure, {}).items():
                if name == "direct":
                    continue
                us = [figures["us"] for figures in rounds]
                split = f"{median(f['user_us'] for f in rounds):.1f} user + {median(f['system_us'] for f in rounds):.1f} system"
                rate = median(figures["per_second"] for figures in rounds)
                if all("worker_us" in f for f in rounds) and name != BASE and "nginx" not in name:
                    split += f"; {median(f['worker_us'] for f in rounds):.2f} us of it on the worker's thread"
                lines.append(f"{self._title(measure)}; {name}: median {median(us):.2f} us, min {min(us):.2f} us per {unit} "
                             f"({split}), {rate:,.0f}/s, n={len(us)}")
        lines += self._delays()
        for name, rounds in self._rounds.get("calls", {}).items():
            shown = ", ".join(f"{call} {count:.2f}" for call, count in list(rounds[0]["by_name"].items())[:8])
            lines.append(f"system calls; {name}: {shown}")
        for name, rounds in self._rounds.get("crowd", {}).items():
            lines.append(f"many streams; {name}: " + ", ".join(f"{key} {value:,}" for key, value in rounds[0].items()))
        for name, rounds in self._rounds.get("start", {}).items():
            lines.append(f"start; {name}: first {median(f['first_s'] for f in rounds):.3f} s, "
                         f"second {median(f['second_s'] for f in rounds):.3f} s")
        return "\n".join(f"- {line}" for line in lines)

    def _delays(self):
        """What a proxy adds to an event's way, against the same round without one."""
        direct = self._rounds.get("sse", {}).get("direct")
        lines = []
        for name, rounds in self._rounds.get("sse", {}).items():
            if name == "direct" or not direct:
                continue
            added = {p: median(a[p] - b[p] for a, b in zip(rounds, direct)) for p in ("p50_us", "p99_us")}
            lines.append(f"added delay per SSE event; {name}: p50 {added['p50_us']:.0f} us, p99 {added['p99_us']:.0f} us "
                         f"(without a proxy {median(f['p50_us'] for f in direct):.0f} and "
                         f"{median(f['p99_us'] for f in direct):.0f} us)")
        return lines


def _excess(verdict):
    over = verdict["reached"] - verdict["bound"]
    return f"{over:.2f}" if verdict["bound"] else f"{over:.0f}"
