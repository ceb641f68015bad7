#!/usr/bin/python3
"""Plays a command line model in streaming JSON, as the Claude Code CLI speaks it, for tests: what it does stands in the
message, as [[worker: crash]]. Reads one line, answers, ends."""

import json
import os
import re
import signal
import sys


def say(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def delta(text):
    say(type="stream_event", event={"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})


def result(text="", **more):
    say(**({"type": "result", "subtype": "success", "is_error": False, "result": text, "num_turns": 1,
            "usage": {"input_tokens": 11, "output_tokens": 5, "cache_read_input_tokens": 3}} | more))


def main():
    if "--crash-at-once" in sys.argv:
        sys.exit(3)
    asked = json.loads(sys.stdin.readline())
    texts = [block["text"] for block in asked["message"]["content"] if block["type"] == "text"]
    whole = "\n".join(texts)
    found = re.findall(r"\[\[worker: (.*?)\]\]", texts[-1])
    what = found[-1] if found else ""
    if what == "crash":
        sys.exit(7)
    if what == "garbage":
        print("this is no JSON")
        sys.exit(0)
    say(type="system", subtype="init", session_id="x", tools=[], model=sys.argv[-1])
    if what == "hang":
        say(type="stream_event", event={"type": "message_start", "message": {"usage": {"input_tokens": 1}}})
        delta("thinking of it")
        signal.pause()
    if what == "crash in the middle":
        delta("half of it")
        sys.exit(9)
    if what == "huge line":
        sys.stdout.write("x" * (6 << 20))
        sys.stdout.flush()
        signal.pause()
    if what == "error":
        result(is_error=True, subtype="error_during_execution")
        return
    if what == "child":  # somebody who must not be left behind
        if os.fork() == 0:
            signal.pause()
        delta(str(os.getpid()))
        signal.pause()
    if what == "surroundings":
        with open("a-file", "w", encoding="ascii") as file:
            file.write("x")
        sys.stderr.write("a secret that no log shall hold\n")
        flags = [line.split()[1] for line in open("/proc/self/status", encoding="ascii") if line.startswith("NoNewPrivs")]
        told = {"environment": sorted(os.environ), "folder": os.getcwd(), "files": sorted(os.listdir("/proc/self/fd")),
                "mode": oct(os.stat(".").st_mode & 0o777), "no_new_privs": flags[0], "home": os.environ["HOME"],
                "words": sys.argv[1:], "leader": os.getpgrp() == os.getpid()}
        say(type="assistant", message={"role": "assistant", "content": [{"type": "text", "text": json.dumps(told)}]})
        result(total_cost_usd=0.0125)
        return
    if what.startswith("wait for "):
        delta("wait")
        with open(what[9:], "rb"):  # a named pipe: until somebody opens it to write
            delta("ed")
        result("waited")
        return
    say(type="assistant", message={"role": "assistant", "content": [{"type": "text", "text": "You said: " + whole}],
                                   "usage": {"input_tokens": 11, "output_tokens": 5}})
    result("ignored where text was said")


main()
