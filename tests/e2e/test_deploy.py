"""deploy/: what is handed to operators parses, names only metrics, paths, ports and settings that there are, and starts."""

import contextlib
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

from deadline import SLOWER, wait_until
from fixture import ASK, KEY, GatewayCase
from gateway import BINARY, ROOT, Gateway, clean_environment, free_port

DEPLOY = ROOT / "deploy"
METRIC = re.compile(r"\b(?:moongate|process)_[a-z_]+\b")
PORTS = {8888, 8443, 8889}


def documents(name):
    return [each for each in yaml.safe_load_all((DEPLOY / name).read_text()) if each]


def settings_of_the_program():
    """Every setting with its default, as the environment names them."""
    told = subprocess.run([str(BINARY), "config"], capture_output=True, text=True, check=True, timeout=30 * SLOWER,
                          env=clean_environment()).stdout
    out = {}
    for group, members in yaml.safe_load(told).items():
        for name in (members if isinstance(members, dict) else {}):
            out[f"MOONGATE_{group}_{name}".upper()] = members[name]
        if not isinstance(members, dict):
            out[f"MOONGATE_{group}".upper()] = members
    return out


class Metrics(GatewayCase):
    settings = {"worker.command": "/bin/true"}  # so that the metrics of workers are there

    def known(self):
        self.gateway.messages()
        names = set()
        for name, kind in re.findall(r"(?m)^# TYPE (\S+) (\S+)$", self.gateway.metrics()):
            names |= {name + suffix for suffix in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))}
        return names

    def test_rules_and_dashboard_name_only_metrics_that_there_are(self):
        known = self.known()
        self.assertGreater(len(known), 30)
        for name in ("prometheus/alerts.yml", "grafana/moongate.json"):
            used = set(METRIC.findall((DEPLOY / name).read_text()))
            self.assertGreater(len(used), 15, name)
            self.assertEqual(used - known, set(), name)

    def test_the_documentation_lists_every_metric(self):
        page = (ROOT / "docs" / "metrics.md").read_text()
        told = set(re.findall(r"`(moongate_[a-z_]+)`", page))
        real = {name for name, _ in re.findall(r"(?m)^# TYPE (moongate_\S+) (\S+)$", self.gateway.metrics())}
        self.assertEqual(real - told, set(), "missing in docs/metrics.md")
        self.assertEqual(told - real, set(), "in docs/metrics.md, and nowhere else")

    def test_the_documentation_lists_every_field_of_the_access_log(self):
        page = (ROOT / "docs" / "metrics.md").read_text().split("## Access log")[1]
        told = set(re.findall(r"`(\w+)`", "\n".join(line.split("|")[1] for line in page.splitlines() if line.startswith("|"))))
        source = (ROOT / "core" / "meter" / "access_log.cpp").read_text()
        real = set(re.findall(r'\\"(\w+)\\":', source))
        self.assertGreater(len(real), 30)
        self.assertEqual({name for line in self.gateway.access_lines() for name in line} - told, set())
        self.assertEqual(real - told, set())

    def test_dashboard_and_rules_are_well_formed(self):
        dashboard = json.loads((DEPLOY / "grafana" / "moongate.json").read_text())
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                self.assertEqual(target["expr"].count("("), target["expr"].count(")"), target["expr"])
        names = set()
        for rule in documents("prometheus/alerts.yml")[0]["groups"][0]["rules"]:
            self.assertEqual(set(rule) - {"for"}, {"alert", "expr", "labels", "annotations"})
            self.assertEqual(rule["expr"].count("("), rule["expr"].count(")"), rule["expr"])
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
            names.add(rule["alert"])
        operating = (ROOT / "docs" / "operating.md").read_text()
        self.assertEqual({name for name in names if f"`{name}`" not in operating}, set(), "not in docs/operating.md")
        self.assertEqual(set(re.findall(r"`(Moongate[A-Z]\w+)`", operating)) - names, set())


class Kubernetes(GatewayCase):
    def test_probes_ports_and_names_fit(self):
        parts = documents("kubernetes/moongate.yaml")
        by_kind = {}
        for part in parts:
            by_kind.setdefault(part["kind"], []).append(part)
        (gateways,) = by_kind["StatefulSet"]
        pod = gateways["spec"]["template"]
        (container,) = pod["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        self.assertEqual(set(ports.values()), PORTS)
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container[probe]["httpGet"]
            self.assertEqual(ports[asked["port"]], 8889)
            self.assertEqual(self.gateway.control("GET", asked["path"]).status, 200, probe)
        for service in by_kind["Service"]:
            self.assertEqual(service["spec"]["selector"], pod["metadata"]["labels"])
            for port in service["spec"]["ports"]:
                self.assertEqual(ports[port["targetPort"]], port["port"])
        (budget,) = by_kind["PodDisruptionBudget"]
        self.assertEqual(budget["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"])
        self.assertEqual(budget["spec"]["maxUnavailable"], 1)
        self.assertGreater(gateways["spec"]["replicas"], 1)
        self.assertIn(gateways["spec"]["serviceName"], [service["metadata"]["name"] for service in by_kind["Service"]])
        mounts = {mount["name"] for mount in container["volumeMounts"]}
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        volumes |= {claim["metadata"]["name"] for claim in gateways["spec"]["volumeClaimTemplates"]}
        self.assertEqual(mounts, volumes)
        (config,) = by_kind["ConfigMap"]
        self.assertLessEqual(set(config["data"]), set(settings_of_the_program()))

    def test_it_has_longer_to_end_than_it_needs(self):
        (gateways,) = [part for part in documents("kubernetes/moongate.yaml") if part["kind"] == "StatefulSet"]
        spec = gateways["spec"]["template"]["spec"]
        pause = int(spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
        drain = settings_of_the_program()["MOONGATE_TIMEOUTS_DRAIN_MS"] / 1000
        self.assertGreater(spec["terminationGracePeriodSeconds"], pause + drain)
        unit = (DEPLOY / "systemd" / "moongate.service").read_text()
        self.assertGreater(int(re.search(r"TimeoutStopSec=(\d+)", unit)[1]), drain)


class Compose(unittest.TestCase):
    folder = DEPLOY / "compose-two"
    secrets = {"MOONGATE_MYSQL_PASSWORD": "a", "MOONGATE_MYSQL_ROOT_PASSWORD": "b", "MOONGATE_REDIS_PASSWORD": "c",
               "MOONGATE_MASTER_KEY": "d"}

    def config(self, **environment):
        return subprocess.run(["docker-compose", "-f", str(self.folder / "docker-compose.yml"), "config"], text=True,
                              capture_output=True, timeout=60 * SLOWER, env=clean_environment(**environment))

    def test_it_is_valid_and_no_secret_has_a_default(self):
        done = self.config(**self.secrets)
        self.assertEqual(done.returncode, 0, done.stderr)
        for missing in self.secrets:
            some = {name: value for name, value in self.secrets.items() if name != missing}
            self.assertNotEqual(self.config(**some).returncode, 0, missing)

    def test_the_gateways_differ_in_name_and_data_alone(self):
        services = yaml.safe_load(self.config(**self.secrets).stdout)["services"]
        first, second = services["gateway-1"], services["gateway-2"]
        for service in (first, second):
            service.pop("hostname")
            service["volumes"] = [each for each in service["volumes"] if "/var/lib/moongate" not in str(each)]
        self.assertEqual(first, second)
        known = set(settings_of_the_program()) | {"MOONGATE_MASTER_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"}
        self.assertLessEqual(set(first["environment"]), known)

    def nginx(self):
        """The program, and the line that loads its stream module."""
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        module = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
        if nginx is None or not module.exists():
            self.skipTest("nginx with its stream module is not installed")
        return nginx, f"load_module {module};\n"

    def test_behind_the_balancer_one_gateway_may_go(self):
        nginx, load = self.nginx()
        first, second = Gateway(workers=1), Gateway(workers=1)
        for gateway in (first, second):
            gateway.start()
            self.addCleanup(gateway.stop)
        text = (self.folder / "nginx.conf").read_text()
        ports = {port: free_port() for port in PORTS}
        for port, face in ((8888, "http"), (8443, "https"), (8889, "control")):
            text = text.replace(f"listen {port};", f"listen 127.0.0.1:{ports[port]};")
            for name, gateway in (("gateway-1", first), ("gateway-2", second)):
                text = text.replace(f"{name}:{port}", f"127.0.0.1:{gateway.ports[face]}")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="moongate-balancer-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "nginx.conf").write_text(load + "daemon off; master_process off;\n" + text.replace("/tmp/", f"{folder}/").replace(
            "error_log /dev/stderr", f"error_log {folder}/log"))
        balancer = subprocess.Popen([nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "log")])
        self.addCleanup(balancer.wait)
        self.addCleanup(balancer.kill)

        def ask():
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", ports[8888], timeout=20 * SLOWER)
                connection.request("POST", "/v1/messages", ASK, KEY)
                return connection.getresponse().status
            return None

        wait_until(lambda: ask() == 200, "the balancer serves", 20)
        for _ in range(20):
            self.assertEqual(ask(), 200)
        served = [len(gateway.simulator_log()) for gateway in (first, second)]
        self.assertGreater(min(served), 0, "both have work")
        first.stop(remove=False)
        for _ in range(20):
            self.assertEqual(ask(), 200)

    def test_the_balancer_takes_its_configuration(self):
        nginx, load = self.nginx()
        text = (self.folder / "nginx.conf").read_text()
        self.assertEqual({int(port) for port in re.findall(r"listen (\d+);", text)}, PORTS)
        for name in ("gateway-1", "gateway-2"):
            self.assertEqual({int(port) for port in re.findall(rf"server {name}:(\d+)", text)}, PORTS)
            text = text.replace(name, "127.0.0.1")
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "nginx.conf"
            file.write_text(load + text.replace("/tmp/nginx.pid", folder + "/pid"))
            done = subprocess.run([nginx, "-t", "-q", "-c", str(file), "-e", "/dev/null"], text=True, capture_output=True,
                                  timeout=30 * SLOWER)
            self.assertEqual(done.returncode, 0, done.stderr)


class Systemd(unittest.TestCase):
    unit = DEPLOY / "systemd" / "moongate.service"

    def test_the_unit_is_understood_and_tight(self):
        analyze = shutil.which("systemd-analyze")
        if analyze is None:
            self.skipTest("systemd-analyze is not installed")
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "moongate.service"
            copy.write_text(self.unit.read_text().replace("/usr/bin/moongate", str(BINARY)))
            done = subprocess.run([analyze, "verify", "--man=no", str(copy)], text=True, capture_output=True, timeout=60 * SLOWER)
            self.assertEqual((done.returncode, done.stderr.strip()), (0, ""), done.stderr)
            done = subprocess.run([analyze, "security", "--offline=true", str(copy)], text=True, capture_output=True,
                                  timeout=60 * SLOWER)
            exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)[1])
            self.assertLess(exposure, 2.0)

    def test_its_variables_are_settings(self):
        names = re.findall(r"(?m)^Environment=(\w+)=", self.unit.read_text())
        self.assertGreaterEqual(len(names), 4)
        self.assertLessEqual(set(names), set(settings_of_the_program()))

    def test_its_settings_are_accepted(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="moongate-unit-"))
        self.addCleanup(shutil.rmtree, folder)
        environment = dict(re.findall(r"(?m)^Environment=(\w+)=(.*)$", self.unit.read_text()))
        environment["MOONGATE_DATA_DIR"] = str(folder / "data")
        environment["MOONGATE_POLICY_DIR"] = str(ROOT / "lua")
        environment["MOONGATE_MAP_FILE"] = str(folder / "map.json")
        environment["MOONGATE_MAP_CREDENTIALS_DIR"] = str(folder / "json")
        (folder / "json").mkdir()
        (folder / "map.json").write_text('{"clients": []}')
        (folder / "map.json").chmod(0o600)
        (folder / "moongate.yaml").write_text("workers: 1\n")
        done = subprocess.run([str(BINARY), "check", "--config", str(folder / "moongate.yaml")], text=True, capture_output=True,
                              timeout=30 * SLOWER, env=clean_environment(**environment), cwd=folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
