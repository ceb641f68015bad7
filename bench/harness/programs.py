"""Where the programs of a run are, and how the two of our own are built."""
import os
import shutil
import subprocess
from pathlib import Path

from .processes import BenchError

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
DEFAULT_GATEWAY = ROOT / "build/core/app/moongate"
NGINX_MODULES = ("ndk_http_module.so", "ngx_http_lua_module.so")


class Programs:
    """Paths to everything that is started. Raises BenchError with the packages to install for what is missing."""

    def __init__(self, gateway, contenders):
        self.gateway = Path(gateway or os.environ.get("MOONGATE_BINARY") or DEFAULT_GATEWAY).resolve()
        self.nginx = self._find("nginx", "nginx-light")
        self.strace = self._find("strace", "strace")
        self._find("taskset", "util-linux")
        self._find("openssl", "openssl")
        with_lua = any("lua" in name for name in contenders)
        self.redis = self._find("redis-server", "redis-server") if with_lua or set(contenders) & {
            "moongate-redis", "moongate-shared"} else None
        self.mariadb = None
        if "moongate-shared" in contenders:
            self.mariadb = self._find("mariadbd", "mariadb-server")
            self.mariadb_install = self._find("mariadb-install-db", "mariadb-server")
            self.mariadb_client = self._find("mariadb", "mariadb-client")
        self.nginx_modules = self._nginx_modules() if with_lua else []
        if any(name.startswith("moongate") for name in contenders) and not self.gateway.exists():
            raise BenchError(f"no gateway at {self.gateway}: build it with ./run --build, name another with --gateway, "
                             "or leave it out with --contenders nginx,nginx-lua,nginx-lua-redis")
        self.upstream, self.load = self._own()

    @staticmethod
    def _find(name, package):
        path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin:/sbin:/bin")
        if not path:
            raise BenchError(f"{name} is missing: apt-get install {package}")
        return path

    @staticmethod
    def _nginx_modules():
        for folder in (Path("/usr/lib/nginx/modules"), Path("/usr/share/nginx/modules")):
            if all((folder / module).exists() for module in NGINX_MODULES):
                return [folder / module for module in NGINX_MODULES]
        raise BenchError("nginx has no Lua module: apt-get install libnginx-mod-http-lua lua-nginx-redis lua-cjson")

    @staticmethod
    def _own():
        """bench_upstream and bench_load, built here when they are not there or older than their source."""
        folder = ROOT / "build-bench"
        names = ("bench_upstream", "bench_load")
        newest = max(path.stat().st_mtime for pattern in ("*.cpp", "*.h", "CMakeLists.txt") for path in BENCH.glob(pattern))
        if not all((folder / name).exists() and (folder / name).stat().st_mtime >= newest for name in names):
            configure = ["cmake", "-S", BENCH, "-B", folder, "-DCMAKE_BUILD_TYPE=Release"]
            if shutil.which("ninja"):
                configure += ["-G", "Ninja"]
            if shutil.which("clang++-19"):
                configure += ["-DCMAKE_CXX_COMPILER=clang++-19"]
            for command in (configure, ["cmake", "--build", folder]):
                result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
                if result.returncode != 0:
                    raise BenchError(f"building the bench programs failed:\n{result.stdout}")
            for name in names:
                (folder / name).touch()
        return tuple(folder / name for name in names)
