"""docs/openapi.yaml and the server, both ways: each route is described, each description is served, answers fit their schemas."""

import re
import unittest

import jsonschema
import yaml

from gateway import ROOT, Gateway
from openapi_scenario import Walk

METHODS = ("get", "post", "put", "patch", "delete")
# Answered by the control port before any table is asked (core/app/control_routes.cpp, core/setup/setup_page.cpp,
# core/live/live_socket.cpp).
BESIDE_TABLES = {("get", path) for path in ("/", "/health", "/health/*", "/metrics", "/health/metrics", "/client-setup.sh",
                                            "/moongate-admin.sh", "/ws")}


def plain(path):
    return re.sub(r"\{\w+\}", "*", path)


class Description:
    def __init__(self):
        self.whole = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
        self.operations = {}
        for path, item in self.whole["paths"].items():
            for method, operation in self.resolved(item).items():
                if method in METHODS:
                    self.operations[method, path] = operation

    def resolved(self, part):
        while "$ref" in part:
            target = self.whole
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name.replace("~1", "/").replace("~0", "~")]
            part = target
        return part

    def answer(self, method, path, status):
        """The description of that answer; None: there is none."""
        told = self.operations[method.lower(), path]["responses"]
        for name in (str(status), f"{status // 100}XX", "default"):
            if name in told and (name != "default" or status >= 400):
                return self.resolved(told[name])
        return None

    def check(self, method, path, status, body):
        answer = self.answer(method, path, status)
        if answer is None:
            raise AssertionError(f"{method} {path}: {status} is not described")
        content = answer.get("content", {})
        if not content or body is None:
            return
        schema = content["application/json"]["schema"] | {"components": self.whole["components"]}
        try:
            jsonschema.Draft202012Validator(schema).validate(body)
        except jsonschema.ValidationError as wrong:
            raise AssertionError(f"{method} {path} {status}: at {list(wrong.absolute_path)}: {wrong.message[:300]}") from None


def rows(source, pattern):
    return re.findall(pattern, (ROOT / source).read_text())


def served_routes():
    """(method, path with * for names) of every table of the server."""
    routes = set(BESIDE_TABLES)
    row = r'\{"(GET|POST|PUT|PATCH|DELETE)", "([^"]+)",\s*[A-Za-z&]'
    aliases = rows("core/people/people_routes.cpp", r'\{"(/[^"]+)", "(/[^"]+)"\}')
    for folder in ("control", "live", "people"):
        for source in sorted((ROOT / "core" / folder).glob("*.cpp")):
            for method, path in rows(source, row):
                path = path if path.startswith("/") else "/api/admin/" + path
                routes.add((method.lower(), path))
                routes |= {(method.lower(), alias + path.removeprefix(meant)) for alias, meant in aliases
                           if path.startswith(meant)}
    named = dict(rows("oauth2-mock/routes.cpp", r'constexpr std::string_view (k\w+) = "([^"]+)";'))
    table = r'\{("[^"]+"|k\w+), "(\w+)", (\w+)(?:, Tail::(\w+))?\}'
    for path, method, handler, tail in rows("oauth2-mock/routes.cpp", table):
        path = path.strip('"') if path.startswith('"') else named[path]
        if handler == "account_action":
            known = rows("oauth2-mock/admin_accounts.cpp", r'known: ([a-z, -]+)\.')[0].split(", ")
            routes |= {("post", f"{path}*/{action}") for action in known}
        elif tail == "kAny":
            routes |= {(method.lower(), path), (method.lower(), path + "/*")}
        else:
            routes.add((method.lower(), path + ("*" if tail == "kOne" else "")))
    return routes


def chat_paths():
    source = (ROOT / "core" / "chat" / "chat_service.cpp").read_text()
    paths = set(re.findall(r'path == "(/api/[^"]+)"', source))
    rest = set(re.findall(r'call\.rest == "(\w+)"', (ROOT / "core" / "chat" / "session_routes.cpp").read_text()))
    return paths | {"/api/sessions/*"} | {f"/api/sessions/*/{name}" for name in rest}


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.description = Description()

    def test_the_file_is_well_formed(self):
        self.assertEqual(self.description.whole["openapi"], "3.1.0")
        tags = {tag["name"] for tag in self.description.whole["tags"]}
        seen = {}
        for path, item in self.description.whole["paths"].items():
            item = self.description.resolved(item)
            names = {parameter["name"] for parameter in item.get("parameters", []) if parameter["in"] == "path"}
            self.assertEqual(names, set(re.findall(r"\{(\w+)\}", path)), path)
            for method in set(item) & set(METHODS):
                operation = item[method]
                self.assertLessEqual(set(operation["tags"]), tags, path)
                self.assertTrue(operation["summary"], path)
                self.assertIn("default", operation["responses"], path)
                self.assertIs(seen.setdefault(operation["operationId"], operation), operation, operation["operationId"])
        used = set()

        def walk(part):
            if isinstance(part, dict):
                if isinstance(part.get("$ref"), str):
                    self.description.resolved(part)
                    used.add(part["$ref"].rsplit("/", 1)[1])
                for each in part.values():
                    walk(each)
            elif isinstance(part, list):
                for each in part:
                    walk(each)
        walk(self.description.whole)
        schemas = self.description.whole["components"]["schemas"]
        self.assertEqual(set(schemas) - used, set(), "schemas that nobody uses")
        for schema in schemas.values():
            jsonschema.Draft202012Validator.check_schema(schema)

    def test_each_route_of_the_server_is_described(self):
        described = {(method, plain(path)) for method, path in self.description.operations}
        described |= {("get", "/health/*")}
        self.assertEqual(served_routes() - described, set(), "describe these in docs/openapi.yaml")
        self.assertEqual(chat_paths() - {path for _, path in described}, set(), "describe these in docs/openapi.yaml")

    def test_each_description_is_of_a_route(self):
        routes, chat = served_routes(), chat_paths()
        gone = {(method, path) for method, path in self.description.operations
                if (method, plain(path)) not in routes and plain(path) not in chat and not path.startswith("/health/")}
        self.assertEqual(gone, set(), "these are no routes of the server")


class Live(unittest.TestCase):
    def test_answers_fit_their_schemas_and_paths_are_served(self):
        description = Description()
        with Gateway() as gateway:
            Walk(gateway, description.check).all()
            for method, path in sorted(description.operations):
                if path in ("/ws", "/"):
                    continue
                # Without a credential something is said about it, and never that there is no such path or method.
                answer = gateway.control(method.upper(), re.sub(r"\{\w+\}", "1", path), headers={"Content-Type": "application/json"})
                self.assertNotIn("There is nothing at this path", answer.text, (method, path))
                self.assertNotEqual(answer.status, 405, (method, path))


if __name__ == "__main__":
    unittest.main()
