"""The measurements. Each takes one contender (or the upstream itself) through one round and returns raw figures."""
import os
import re
import signal
import subprocess
import time

from .processes import is_traced, memory_of, thread_times, wait_until

SMALL, LARGE = 2000, 200000


def requests(stage, contender, body, connections, seconds):
    """CPU per request, closed loop; and how much of it was spent on the workers' threads, which requests wait for."""
    before = thread_times(contender.pid)
    figures = stage.load("requests", "--target", contender.target, "--pid", contender.pid, "--connections", connections,
                         "--body", body, "--warmup-ms", 250, "--duration-ms", int(seconds * 1000))
    after = thread_times(contender.pid)
    contender.after_measure()
    count = figures["requests"]
    spent = {name: after[name] - before.get(name, 0) for name in after}
    workers = sum(ns for name, ns in spent.items() if name.startswith("worker-"))
    share = workers / sum(spent.values()) if workers else 1
    return {"worker_us": figures["cpu_ns"] / count / 1000 * share, "us": figures["cpu_ns"] / count / 1000, "user_us": figures["user_ns"] / count / 1000,
            "system_us": figures["system_ns"] / count / 1000, "per_second": count / figures["elapsed_ns"] * 1e9,
            "p50_us": figures["p50_us"], "p99_us": figures["p99_us"]}


def events(stage, contender, streams, per_second, seconds):
    """CPU and delay per SSE event. contender None: the delay without any proxy."""
    interval_us = streams * 1_000_000 // per_second
    # Opening, warm-up and what the last phase needs come on top of the window.
    count = int((seconds + 1.8) * 1_000_000 / interval_us) + 1
    target = contender.target if contender else f"127.0.0.1:{stage.upstream_ports[0]}"
    figures = stage.load("streams", "--target", target, "--pid", contender.pid if contender else 0, "--streams", streams,
                         "--events", count, "--interval-us", interval_us, "--warmup-ms", 300,
                         "--duration-ms", int(seconds * 1000))
    if contender:
        contender.after_measure()
    seen = figures["window_events"]
    return {"us": figures["cpu_ns"] / seen / 1000, "user_us": figures["user_ns"] / seen / 1000,
            "system_us": figures["system_ns"] / seen / 1000, "per_second": seen / figures["window_ns"] * 1e9,
            "p50_us": figures["p50_us"], "p99_us": figures["p99_us"], "mean_us": figures["mean_us"]}


def idle_streams(stage, contender, streams, tls):
    """User memory of open streams that are silent, in a process that has been used but never had as many."""
    contender.restart()
    target = ["--target", contender.tls_target, "--tls"] if tls else ["--target", contender.target]
    stage.load("requests", *target, "--connections", 16, "--warmup-ms", 0, "--duration-ms", 300)
    hold = ["streams", *target, "--hold", "--events", 1, "--interval-us", 1000]
    _hold(stage, [*hold, "--streams", 64], lambda: None)
    time.sleep(1.5)  # what was served is on its way to the store, in memory of its own
    before = memory_of(contender.pid)
    during = _hold(stage, [*hold, "--streams", streams, "--ramp", 32], lambda: memory_of(contender.pid))
    contender.after_measure()
    return {name: (during[name] - before[name]) / streams for name in before} | {"base_kib": before["private_dirty"]}


def _hold(stage, arguments, look):
    """Opens streams, looks once all are silent, and lets them go."""
    client = stage.start_load(*arguments)
    client.stdout.readline()
    time.sleep(0.4)
    seen = look()
    stage.finish_load(client, arguments)
    return seen


def system_calls(stage, contender, count, body, connections):
    """System calls per request while kept-alive connections make `count` requests. strace slows down what it looks at,
    and what runs by the clock then counts for more than it does: so the thread that serves is traced by itself, and
    the others are traced while it runs at full speed."""
    serving, others = _threads(contender.pid)
    by_name = _traced(stage, contender, [serving], count, body, connections)
    for name, calls in (_traced(stage, contender, others, 2 * count, body, connections) if others else {}).items():
        by_name[name] = by_name.get(name, 0) + calls
    contender.after_measure()
    return {"calls": sum(by_name.values()), "by_name": dict(sorted(by_name.items(), key=lambda item: -item[1]))}


def _threads(pid):
    """The thread that has used most CPU, and the rest."""
    def used(thread):
        with open(f"/proc/{pid}/task/{thread}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])
    threads = sorted(map(int, os.listdir(f"/proc/{pid}/task")), key=used, reverse=True)
    return threads[0], threads[1:]


def _traced(stage, contender, threads, count, body, connections):
    arguments = ["requests", "--target", contender.target, "--connections", connections, "--body", body, "--gate",
                 "--requests", count]
    client = stage.start_load(*arguments)
    client.stdout.readline()
    summary = contender.folder / "strace"
    summary.unlink(missing_ok=True)
    chosen = [argument for thread in threads for argument in ("-p", thread)]
    tracer = stage.processes.start([stage.programs.strace, "-c", "-o", summary, *chosen], stage.load_core,
                                   stderr=subprocess.DEVNULL)
    wait_until(lambda: all(is_traced(contender.pid, thread) for thread in threads), 10, f"strace holds {contender.name}")
    client.stdin.write(b"\n")
    client.stdin.flush()
    done = client.stdout.readline()
    tracer.send_signal(signal.SIGINT)
    tracer.wait(10)
    stage.processes.stop(tracer)
    stage.finish_load(client, arguments, read_before=done)
    by_name = {}
    for line in summary.read_text(encoding="ascii").splitlines():
        # "% time  seconds  usecs/call  calls  [errors]  syscall"
        found = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
        if found and found[2] != "total":
            by_name[found[2]] = int(found[1]) / count
    return by_name


def crowd(stage, contender, streams, interval_s):
    """Many streams at the same time: how many were open together, and how many were cut."""
    contender.restart()
    figures = stage.load("streams", "--target", contender.target, "--pid", contender.pid, "--streams", streams,
                         "--events", 4, "--interval-us", int(interval_s * 1_000_000), "--ramp", 128, "--duration-ms", 0,
                         "--limit-s", 60, seconds=90, failing=True)
    contender.after_measure()
    return {name: figures[name] for name in ("streams", "peak_open", "complete", "cut", "refused", "disorder", "deltas")}


def start_time(contender):
    """Seconds from exec to the first answered request: on an empty data folder, and again on the same one."""
    contender.stop()
    contender.fresh = True
    contender.start()
    first = contender.start_s
    contender.stop()
    contender.fresh = False
    contender.start()
    second = contender.start_s
    contender.fresh = True
    return {"first_s": first, "second_s": second}
