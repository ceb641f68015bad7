"""How many instructions a contender executes in user space per request, by function: the same on a busy machine."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import contender
from .processes import BenchError


def count(stage, chosen, proxy, body, requests=3000, connections=32):
    """Runs the contender under callgrind, counts `requests` requests on open connections; prints by function."""
    for tool, package in (("valgrind", "valgrind"), ("callgrind_control", "valgrind"), ("strip", "binutils")):
        if not shutil.which(tool):
            raise BenchError(f"{tool} is missing: apt-get install {package}")
    # Debian 12's valgrind stops at the debug information of clang-19; names of functions are all that is needed.
    bare = stage.folder / "gateway-without-debug"
    if stage.programs.gateway.exists():
        subprocess.run(["strip", "-g", stage.programs.gateway, "-o", bare], check=True)
        stage.programs.gateway = bare
    out = stage.folder / "callgrind"
    contender.LAUNCHER = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--trace-children=yes",
                          f"--callgrind-out-file={out}.%p"]
    contender.PATIENCE_S = 120
    proxy.start()
    arguments = ["requests", "--target", proxy.target, "--connections", connections, "--body", body, "--gate",
                 "--requests", requests]
    client = stage.start_load(*arguments)
    client.stdout.readline()
    _control("-i", "on", proxy.pid)
    client.stdin.write(b"\n")
    client.stdin.flush()
    done = client.stdout.readline()
    _control("-i", "off", proxy.pid)
    _control("-d", "bench", proxy.pid)
    stage.finish_load(client, arguments, read_before=done)
    dumps = [path for path in Path(stage.folder).glob(f"callgrind.{proxy.pid}.*") if path.stat().st_size]
    if not dumps:
        raise BenchError(f"callgrind wrote nothing:\n{proxy.complaints()}")
    _show(dumps[0], "functions by themselves", chosen.lines, requests)
    _show(dumps[0], "functions with all they call", chosen.lines, requests, "--inclusive=yes")


def _control(*arguments):
    subprocess.run(["callgrind_control", *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=True, timeout=60)


def _show(dump, title, lines, requests, *arguments):
    text = subprocess.run(["callgrind_annotate", *arguments, dump], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=True, timeout=120, env=os.environ | {"LC_ALL": "C"}).stdout
    print(f"{title}, instructions per request")
    shown = 0
    for line in text.splitlines():
        found = re.match(r"\s*([\d,]+)\s+\([ \d.]+%\)\s+(.*)$", line)
        if found and shown < lines:
            name = re.sub(r"^\S*?:|\[\S*/|\]$", " ", found[2])
            print(f"{int(found[1].replace(',', '')) / requests:>10,.0f}  {_short(name)}")
            shown += 1
    print()


def _short(name):
    for long, short in (("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "string"),
                        ("std::basic_string_view<char, std::char_traits<char> >", "string_view"),
                        ("boost::core::basic_string_view<char>", "string_view"), ("moongate::", "")):
        name = name.replace(long, short)
    return " ".join(name.split())[:120]
