"""What the console's tests look at: a gateway with its simulator, people of every role, a month of usage and 10,000 clients."""

import contextlib
import random
import shutil
import sqlite3
import time

from gateway import CLIENT_TOKEN, Gateway, free_port, simple_client

PASSWORD = "correct horse battery staple"
PEOPLE = {"ada": "admin", "otto": "operator", "vera": "viewer", "ulla": "user"}
MANY = 10_000
DAY = 86_400
MODELS = [("claude-sonnet-4-5", "anthropic", "anthropic-main.json"), ("claude-opus-4-6", "vertex-claude", "company-vertex.json"),
          ("gemini-2.5-pro", "vertex", "company-vertex.json"), ("gemini-2.5-flash", "gemini", "gemini-main.json")]


def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise SystemExit("there is no chromium: ./test console installs Debian's")


def clients_of_the_map():
    return [simple_client(name="web-team", limits={"requests_per_minute": 600}),
            simple_client("test-client-token-0002", name="coding-agents", service_type="anthropic"),
            simple_client("test-client-token-0003", name="left-last-year", enable=False)]


def _insert(database, table, rows):
    database.executemany(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({', '.join(':' + name for name in rows[0])})", rows)


def _ledger_rows(now, dice):
    """A month of requests, MANY in all; always the same for the same second."""
    rows = []
    for number in range(MANY):
        model, provider, account = MODELS[min(dice.randrange(7), 3)]
        status = dice.choices([200, 429, 529, 400], [94, 3, 2, 1])[0]
        tokens = {"input_tokens": dice.randrange(50, 9000), "output_tokens": dice.randrange(5, 2000)} if status == 200 else {
            "input_tokens": 0, "output_tokens": 0}
        cost = tokens["input_tokens"] * 3000 + tokens["output_tokens"] * 15000
        duration = dice.randrange(300, 30_000)
        rows.append({
            "ended_at_ms": (now - dice.randrange(0, 30 * DAY)) * 1000 + number % 1000, "request_id": f"seeded-{number:05}",
            "gateway": "seeded", "client": dice.choice(["web-team", "coding-agents", "client-00001", "client-00002"]), "key_id": "",
            "user_id": "", "provider": provider, "account": account, "location": "", "model": model, "upstream_model": model,
            "operation": "generate", "outcome": "done" if status == 200 else "rejected", "status": status,
            "stream": dice.randrange(2), "estimated": 0, "service_tier": "", "inference_geo": "", "speed": "", **tokens,
            "cache_write_5m_tokens": 0, "cache_write_1h_tokens": 0, "cache_read_tokens": 0, "thought_tokens": 0,
            "tool_prompt_tokens": 0, "audio_input_tokens": 0, "audio_output_tokens": 0, "web_searches": 0, "images": 0,
            "video_ms": 0, "raw_usage": "", "priced": 1, "cost_nano": cost, "billed_nano": cost, "markup_ppm": 1_000_000,
            "price_id": model, "duration_ms": duration, "first_byte_ms": duration // 4, "bytes_in": 2000, "bytes_out": 9000})
    return rows


def _sums(rows, bucket_s):
    sums = {}
    for row in rows:
        start = row["ended_at_ms"] // 1000 // bucket_s * bucket_s
        key = (start, row["user_id"], row["client"], row["provider"], row["model"])
        one = sums.setdefault(key, dict(zip(("bucket_start", "user_id", "client", "provider", "model"), key), requests=0, failures=0,
                                        unpriced=0, estimated=0, input_tokens=0, cache_write_tokens=0, cache_read_tokens=0,
                                        output_tokens=0, cost_nano=0, billed_nano=0))
        one["requests"] += 1
        one["failures"] += row["status"] != 200
        for name in ("input_tokens", "output_tokens", "cost_nano", "billed_nano"):
            one[name] += row[name]
    return list(sums.values())


def seed(gateway):
    """Straight into the database, while it is in use: through the API it would take minutes."""
    now = int(time.time())
    ledger = _ledger_rows(now, random.Random(4))
    with contextlib.closing(sqlite3.connect(gateway.data / "moongate.db", timeout=20)) as database, database:
        _insert(database, "clients", [
            {"id": f"seeded-{number:05}", "name": f"client-{number:05}", "user_id": None, "enabled": 1, "terms": "{}",
             "created_at": now - number} for number in range(MANY)])
        _insert(database, "usage_ledger", ledger)
        _insert(database, "usage_hour", _sums(ledger, 3600))
        _insert(database, "usage_day", _sums(ledger, DAY))
        database.execute("UPDATE counters SET amount = amount + 1 WHERE name = 'directory_generation'")


def people(gateway):
    for name, role in PEOPLE.items():
        answer = gateway.admin("POST", "/api/admin/users", {"name": name, "email": f"{name}@example.org", "role": role,
                                                            "password": PASSWORD, "opening": "50"})
        if answer.status // 100 != 2:
            raise SystemExit(f"{name} could not be made {role}: {answer.status} {answer.text}")


def accounts_of_the_map(simulator):
    """Key files whose provider is the simulator, and the two lists that name them. For Vertex AI, which has none here, the
    gateway makes simulated ones, and mints a token with the first request. Accounts that a test adds have no model in common
    with these: they would be given requests."""
    url = f"http://{simulator}"
    keys = {"anthropic-main.json": {"type": "anthropic_api_key", "api_key": "sk-simulated-1", "base_url": url},
            "gemini-main.json": {"type": "gemini_api_key", "api_key": "simulated-2", "base_url": url}}
    return keys, [{"key_filename": "gemini-main.json", "models": [{"model": "gemini-2.5-flash"}]}], [
        {"key_filename": "anthropic-main.json", "models": [{"model": "claude-*"}]}]


@contextlib.contextmanager
def scenery():
    simulator = f"127.0.0.1:{free_port()}"
    keys, gemini, claude = accounts_of_the_map(simulator)
    settings = {"live.requests": 500, "simulator.listen": simulator}
    with Gateway(clients=clients_of_the_map(), gemini=gemini, claude=claude, credentials=keys, settings=settings) as gateway:
        people(gateway)
        seed(gateway)
        for number in range(12):
            gateway.messages(f"hello number {number}") if number % 2 else gateway.generate(f"hello number {number}")
        yield {"directory": str(gateway.directory), "control": gateway.url("control"), "http": gateway.url("http"),
               "simulator": gateway.url("simulator"), "admin_token": gateway.admin_token, "client_token": CLIENT_TOKEN, "chromium": chromium(),
               "people": {name: PASSWORD for name in PEOPLE}, "many": MANY}
