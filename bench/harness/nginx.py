"""nginx as a contender: plain, and with the policy in Lua."""
import os

from .contender import Contender
from .processes import BenchError, children_of, free_port
from .programs import BENCH
from .stage import MODELS

CONF = """
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile {open_files};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
{modules}
# Far more than needed: nginx closes connections that have not asked yet when less than 1/16 of them is free.
events {{ worker_connections 65536; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  # A body is held in memory: with the default it goes through a file, and costs twice as much.
  client_max_body_size 64m;
  client_body_buffer_size 512k;
  keepalive_requests 1000000000;
  keepalive_time 1h;
  tcp_nodelay on;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_buffering off;
  proxy_read_timeout 600s;
  {policy_http}
  {upstreams}
  server {{
    listen 127.0.0.1:{http} backlog=4096;
    listen 127.0.0.1:{https} ssl backlog=4096;
    ssl_certificate {tls}/tls.crt;
    ssl_certificate_key {tls}/tls.key;
    location / {{
      {location}
    }}
  }}
}}
"""

UPSTREAM = ("upstream account_{number} {{ server 127.0.0.1:{port}; keepalive 256; "
            "keepalive_requests 1000000000; keepalive_time 1h; }}")

POLICY_HTTP = """
  lua_package_path "{bench}/nginx/?.lua;/usr/share/lua/5.1/?.lua;;";
  lua_shared_dict clients 10m;
  init_by_lua_block {{ policy = require "policy" }}
"""

POLICY_LOCATION = """
      set $account "";
      set $account_key "";
      access_by_lua_block {{ return policy({redis_port}, {cached}) }}
      proxy_set_header Authorization "";
      proxy_set_header x-api-key $account_key;
      proxy_pass http://$account;
"""


class Nginx(Contender):
    def __init__(self, stage, name, label, lua=None):
        """lua: None for plain nginx, "cached" or "redis" for the policy."""
        super().__init__(stage, name, label, has_policy=lua is not None)
        self._lua = lua

    def start(self):
        for temporary in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
            (self.folder / temporary).mkdir(parents=True, exist_ok=True)
        self.http_port, self.https_port = free_port(), free_port()
        conf = self.folder / "nginx.conf"
        conf.write_text(self._conf())
        self.launch([self.stage.programs.nginx, "-p", self.folder, "-c", conf])
        workers = children_of(self.process.pid)
        if len(workers) != 1:
            raise BenchError(f"{self.name}: {len(workers)} workers instead of 1:\n{self.complaints()}")
        self.pid = workers[0]

    def _conf(self):
        ports = self.stage.upstream_ports
        if self._lua:
            policy_http = POLICY_HTTP.format(bench=BENCH)
            location = POLICY_LOCATION.format(redis_port=self.stage.redis_port,
                                              cached="true" if self._lua == "cached" else "false")
        else:
            policy_http, location = "", "proxy_pass http://account_1;"
        return CONF.format(
            user="user root;" if os.geteuid() == 0 else "", open_files=self.stage.open_files, folder=self.folder,
            tls=self.stage.folder, http=self.http_port, https=self.https_port,
            modules="\n".join(f"load_module {module};" for module in (self.stage.programs.nginx_modules if self._lua else [])),
            policy_http=policy_http, location=location,
            upstreams="\n  ".join(UPSTREAM.format(number=i + 1, port=ports[i]) for i in range(len(MODELS))))
