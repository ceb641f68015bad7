"""What the source tree is held to. One table a rule; the checks read them and hold none of their own."""

# Folder (a CMake library) -> the folders that its DEPS may name. What it may include follows from the DEPS it
# really has, transitively. The picture is in docs/architecture.md.
LAYERS = {
    "base": [],
    "crypto": ["base"],
    "identity": ["base", "crypto", "net", "http", "protocol", "store"],
    "net": ["base", "crypto"],
    "http": ["base", "crypto", "net"],
    "setup": ["base", "crypto", "net", "http"],
    "protocol": ["base", "crypto", "net", "http"],
    "openai": ["base", "crypto", "protocol"],
    "cache": ["base", "crypto", "net", "http", "protocol"],
    "store": ["base", "crypto", "net", "http", "protocol"],
    "config": ["base", "crypto", "net", "http", "protocol", "cache", "store"],
    "meter": ["base", "crypto", "identity", "net", "http", "protocol", "cache", "store", "config"],
    "limits": ["base", "crypto", "net", "http", "protocol", "cache", "store", "config", "meter"],
    "upstream": ["base", "crypto", "identity", "net", "http", "protocol", "cache", "store", "config", "meter"],
    "proxy": ["base", "crypto", "identity", "net", "http", "protocol", "openai", "cache", "store", "config", "meter",
              "limits", "upstream"],
    "script": ["base", "crypto", "net", "http", "protocol", "cache", "store", "config", "meter", "limits",
               "upstream", "proxy", "identity"],
    "console": ["base", "crypto", "net", "http"],
    "control": ["base", "crypto", "net", "http", "protocol", "cache", "store", "config", "meter", "limits", "identity"],
    "people": ["base", "crypto", "net", "http", "protocol", "cache", "store", "config", "meter", "limits", "identity",
               "control"],
    "chat": ["base", "crypto", "net", "http", "protocol", "cache", "store", "config", "meter", "identity"],
    "live": ["base", "crypto", "net", "http", "protocol", "cache", "store", "config", "meter", "limits", "identity", "control",
             "upstream", "proxy"],
    "oauth2-mock": ["base", "crypto", "net", "http", "cache", "store", "identity"],
    "simulator": ["base", "crypto", "net", "http", "protocol"],
}
# These wire the rest together: they may include every folder, and no folder may include them.
TOP = ["app"]

# A vendor's headers (by the beginning of what is between the angle brackets) and the folders they stay in.
VENDOR_HEADERS = {
    "lua": ["script"],
    "lauxlib.h": ["script"],
    "luajit": ["script"],
    "sqlite3": ["store"],
    "mysql": ["store"],
    "cppconn/": ["store"],
    "argon2.h": ["crypto"],
    "hiredis/": ["cache"],
    "openssl/": ["crypto", "net"],
    "boost/beast": ["http"],
    "boost/asio": ["net", "http", "cache", "control", "app", "simulator"],
    "boost/json": ["*"],
    "boost/": [],
    "yaml-cpp/": ["config"],
    "simdjson": ["config", "protocol", "script"],
    "CLI/": ["app"],
    "zlib.h": ["meter", "simulator", "console"],  # answers decoded, made up, and files compressed: three different jobs
    "brotli/": ["meter", "simulator"],
    "zstd.h": ["meter", "simulator"],
    "gtest/": ["tests"],
    "gmock/": ["tests"],
}

# Made by a build and committed: held to be what the source gives (./test console), not to these rules.
BUILT = ["console/dist/"]

# Lines; what was longer when the rule came is listed in ratchet.json and may only shrink.
LONGEST_FILE = 500
LONGEST_LUA_LINE = 100
COUNTED = (".h", ".cpp", ".lua", ".py", ".mjs", ".js", ".ts", ".sh", ".sql", ".css", ".html", ".svelte")

# Words that say nothing about what a file keeps; looked for in the parts of file and folder names.
EMPTY_NAMES = ["util", "utils", "helper", "helpers", "common", "misc", "manager"]

# (pattern, why, paths where it is allowed). The character classes keep the patterns from finding themselves.
FORBIDDEN_TEXT = [
    (r"(?<![\w.~}$)])/(?:home|[r]oot|Users|w[o]rk)/[\w.-]+", "an absolute path of somebody's machine",
     ["Dockerfile"]),
    (r"sk-ant-(?:api|oat)\d\d-[A-Za-z0-9_-]{24,}", "looks like an Anthropic API key", []),
    (r"AIza[A-Za-z0-9_-]{35}", "looks like a Google API key", []),
    (r"ya29\.[A-Za-z0-9_-]{60,}", "looks like a Google access token", []),
    (r"gh[pousr]_[A-Za-z0-9]{30,}", "looks like a GitHub token", []),
    (r"AKIA[0-9A-Z]{16}", "looks like an AWS key", []),
    (r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/]{40}", "a private key",
     ["tests/", "bench/", "simulator/"]),
    (r"registr[y]\.(?:npmjs|yarnpkg)|pypi\.[o]rg|files\.pythonhosted|luarocks\.[o]rg|crates\.[i]o",
     "a package registry's host: leave it to the client's configuration", []),
    (r"\b(?:TOD[O]|FIXM[E]|XX[X])\b", "an open end: finish it, or say in the docs what is missing", []),
]
TEXT = (".h", ".cpp", ".lua", ".py", ".mjs", ".js", ".json", ".sh", ".md", ".yaml", ".yml", ".txt", ".cmake",
        ".sql", ".html", ".css", ".ts", ".svelte", "run", "test", "Dockerfile", ".luacheckrc", ".dockerignore")

# Waiting for time to pass makes a test slow or flaky: wait for the event, with a deadline, or move a manual
# clock. moon.sleep (the policy's own function) and names that merely end in "sleep" are no matter.
SLEEPS = {
    (".cpp", ".h"): r"\bsleep_(?:for|until)\s*\(|(?<![\w.:])u?sleep\s*\(|\bnanosleep\s*\(",
    (".py",): r"\btime\.sleep\s*\(|(?<![\w.])sleep\s*\(|\basyncio\.sleep\s*\(",
    (".mjs", ".js", ".ts"): r"\btimers/promises\b|\bnew Promise\([^)]*\)?\s*=>\s*setTimeout\(",
    (".sh", "run", "test"): r"(?:^|[;&|(]|\bdo\b|\bthen\b)\s*sleep\s+[\d.$]",
}
# One polling loop each, behind a name and a deadline.
SLEEPS_ALLOWED = ["tests/e2e/deadline.py", "tests/clients/deadline.mjs"]

# Folders that Markdown may name although they come to be only when something runs.
MADE_AT_RUN_TIME = ["build", "build-test", "build-asan", "data/", "node_modules", "tests/artifacts"]
