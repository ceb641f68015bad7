"""Moongate as a contender: the default policy, a map with 1,000 callers and three accounts, everything switched on."""
import json
import os
import shutil

from .contender import Contender
from .processes import free_port
from .programs import BENCH, ROOT
from .stage import CALLERS, MODELS, account_key, caller_key


class Gateway(Contender):
    def __init__(self, stage, name, label, redis=False, shared=False, settings=()):
        """redis: lua/auth.lua asks Redis once for each request. shared: the ledger goes to MariaDB, and Redis is what the
        gateways share, as where several stand behind one address. settings: further "key=value" for the gateway."""
        super().__init__(stage, name, label, has_policy=True)
        self._redis = redis
        self._shared = shared
        self._settings = list(settings)
        self.fresh = True  # the next start finds no data of an earlier one

    @property
    def access_log(self):
        return self.folder / "access.log"

    def start(self):
        data = self.folder / "data"
        if self.fresh:
            shutil.rmtree(data, ignore_errors=True)
        self.http_port, self.https_port = free_port(), free_port()
        arguments = [self.stage.programs.gateway, "serve", "--config", self._config(data)]
        for setting in self._settings:
            arguments += ["--set", setting]
        self.launch(arguments)
        self.pid = self.process.pid

    def after_measure(self):
        """The access log stays on, but not on disk: it grows by megabytes a second here."""
        if self.access_log.exists():
            os.truncate(self.access_log, 0)

    def _config(self, data):
        """JSON is YAML: one settings file with everything this run needs, the rest by default."""
        path = self.folder / "moongate.yaml"
        path.write_text(json.dumps({
            "listen": {"http": f"127.0.0.1:{self.http_port}", "https": f"127.0.0.1:{self.https_port}",
                       "control": f"127.0.0.1:{free_port()}"},
            "workers": 1,
            "data_dir": str(data),
            "map": {"file": str(self._map()), "credentials_dir": str(self.folder / "credentials")},
            "policy": {"dir": str(self._policy())},
            "limits": {"connections": 100000},
            # nginx waits a second for Redis, too: with strace in the way 50 ms are too few.
            "cache": ({"url": f"redis://127.0.0.1:{self.stage.redis_port}/0", "timeout_ms": 1000}
                      if self._redis or self._shared else {"url": "memory://"}),
            "store": ({"url": self.stage.database_url, "auto_migrate": True} if self._shared
                      else {"url": "sqlite:moongate.db"}),
            "log": {"access": str(self.access_log), "error": str(self.folder / "error.log")},
        }, indent=2))
        return path

    def _map(self):
        credentials = self.folder / "credentials"
        credentials.mkdir(exist_ok=True)
        accounts = []
        for number, (model, port) in enumerate(zip(MODELS, self.stage.upstream_ports), start=1):
            key_file = credentials / f"account-{number}.json"
            key_file.write_text(json.dumps({"type": "anthropic_api_key", "api_key": account_key(number)}))
            key_file.chmod(0o600)
            accounts.append({"key_filename": key_file.name,
                             "models": [{"model": model, "domain": f"http://127.0.0.1:{port}"}]})
        choice = [{"key_filename": account["key_filename"], "key_weight": 1} for account in accounts]
        path = self.folder / "map-config.json"
        path.write_text(json.dumps({
            "clients": [{"client_token": caller_key(number), "enable": True, "service_type": "anthropic",
                         "key_filename_claude": choice} for number in range(CALLERS)],
            "key_filename_claude": accounts,
        }, indent=1))
        return path

    def _policy(self):
        if not self._redis:
            return ROOT / "lua"
        folder = self.folder / "lua"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(ROOT / "lua", folder)
        (folder / "auth.lua").rename(folder / "auth_without_redis.lua")
        shutil.copy(BENCH / "policy/auth.lua", folder / "auth.lua")
        return folder
