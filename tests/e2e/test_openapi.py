"""labd/api/openapi.json is what labd speaks: every route, and the shape of every answer."""

import json
import re

import machine
import users
from labtest import PAIR, LabTest
from machine import api, lab

DOCUMENT = json.loads((machine.SOURCE / "labd/api/openapi.json").read_text())
METHODS = ("get", "put", "post", "delete")


def resolve(schema):
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def mistakes(value, schema, place="$"):
    """Where VALUE is not as the schema says; a property that it does not name is one, too."""
    schema = resolve(schema)
    if "oneOf" in schema:
        found = [mistakes(value, one, place) for one in schema["oneOf"]]
        return [] if [] in found else min(found, key=len)
    if value is None:
        return [] if schema.get("nullable") else [f"{place} is null"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place} is {value!r}"]
    kind = schema.get("type")
    python = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float),
              "boolean": bool}.get(kind, object)
    if not isinstance(value, python):
        return [f"{place} is {value!r}, no {kind}"]
    if kind == "array":
        return [m for i, v in enumerate(value) for m in mistakes(v, schema["items"], f"{place}[{i}]")]
    if kind != "object" or "properties" not in schema and "additionalProperties" not in schema:
        return []
    known = schema.get("properties", {})
    found = [f"{place} lacks {name}" for name in schema.get("required", []) if name not in value]
    for name, part in value.items():
        extra = schema.get("additionalProperties")
        if name in known:
            found += mistakes(part, known[name], f"{place}.{name}")
        elif isinstance(extra, dict):
            found += mistakes(part, extra, f"{place}.{name}")
        elif not extra:
            found.append(f"{place}.{name} is not documented")
    return found


class OpenApi(LabTest):
    def answer(self, method, path, body=None, status=200, **parameters):
        """What labd answers, held against the document."""
        target = path.split("?")[0]
        for name, value in parameters.items():
            path = path.replace("{" + name + "}", value)
        got, text = api(method, path, body)
        self.assertEqual(status, got, text)
        response = DOCUMENT["paths"][target][method.lower()]["responses"][str(status)]
        (kind, content), = response["content"].items()
        values = [json.loads(line) for line in text.splitlines()] if kind.endswith("jsonl") else [json.loads(text)]
        for value in values:
            self.assertEqual([], mistakes(value, content["schema"])[:5], f"{method} {path}")
        return values

    def test_every_route_and_no_other(self):
        source = (machine.SOURCE / "labd/api.cpp").read_text()
        routes = set(re.findall(r'\{"([A-Z]+)", "(/v1/[^"]*)", to\(', source))
        self.assertGreater(len(routes), 10)
        documented = {(method.upper(), path) for path, item in DOCUMENT["paths"].items()
                      for method in item if method in METHODS}
        self.assertEqual(documented, routes)
        # And as a labd that runs says it: the methods of a path, to one that it has not.
        lab("ls")
        for path, item in DOCUMENT["paths"].items():
            connection = machine._Connection("labd", timeout=30)
            connection.request("PATCH", path.replace("{lab}", "t").replace("{node}", "h1"))
            response = connection.getresponse()
            response.read()
            self.assertEqual(405, response.status, path)
            self.assertEqual(sorted(m.upper() for m in item if m in METHODS),
                             sorted(response.getheader("Allow").split(", ")), path)
            connection.close()

    def test_what_a_request_does_not_have_is_refused_by_its_name(self):
        self.up(PAIR)
        for path, item in DOCUMENT["paths"].items():
            for method in {"post", "put"} & set(item):
                body = item[method].get("requestBody", {}).get("content", {}).get("application/json")
                if body is None:
                    continue
                status, text = api(method.upper(), path.replace("{lab}", "t").replace("{node}", "h1"), {"dryrun": True})
                self.assertEqual(400, status, path)
                self.assertIn("dryrun", json.loads(text.splitlines()[-1])["error"]["message"], path)
        self.assertEqual("up", lab("status", "--json").json["state"])

    def test_every_parameter_of_a_path_is_described(self):
        for path, item in DOCUMENT["paths"].items():
            self.assertEqual(set(re.findall(r"\{(\w+)\}", path)),
                             {p["name"] for p in item.get("parameters", []) if p["in"] == "path"}, path)

    def test_the_shapes_of_all_answers(self):
        lab("ls")
        text = PAIR.replace('h2 = "host"', 'h2 = { run = [{ name = "web", cmd = ["sleep", "1000"] }] }')
        body = {"api": 1, "main": "t.lab.toml", "source": "/t/t.lab.toml", "name": "t",
                "files": {"t.lab.toml": {"text": text}}}
        plan = self.answer("PUT", "/v1/labs/{lab}", {**body, "dry_run": True}, lab="t")[-1]
        done = self.answer("PUT", "/v1/labs/{lab}", body, lab="t")[-1]
        self.assertEqual([a["name"] for a in plan["actions"]], [a["name"] for a in done["actions"]])
        text = text.replace('[["h1", "h2"]]', '[["h1", "h2"], ["h2", "h1"]]').replace("1000", "2000")
        body["files"]["t.lab.toml"]["text"] = text
        self.answer("PUT", "/v1/labs/{lab}", body, lab="t")
        body["files"]["t.lab.toml"]["text"] = "nonsense"
        api("PUT", "/v1/labs/t", body)
        self.answer("GET", "/v1/version")
        self.assertEqual("t", self.answer("GET", "/v1/labs")[0]["labs"][0]["name"])
        machine.run("ip", "-n", "t.h1", "link", "set", "eth0", "mtu", "1300")
        self.assertTrue(self.answer("GET", "/v1/labs/{lab}", lab="t")[0]["lab"]["drift"])
        self.answer("GET", "/v1/labs/{lab}/bundle", lab="t")
        self.answer("GET", "/v1/labs/{lab}/namespaces", lab="t")
        for op in ("stop", "start", "pause", "resume", "restart"):
            self.answer("POST", "/v1/labs/{lab}/life", {"op": op, "nodes": ["h2"]}, lab="t")
        for asked in ({"op": "down", "for": 600}, {"op": "up"}, {"op": "flap", "for": 0.1}, {"op": "down"}):
            self.answer("POST", "/v1/labs/{lab}/links", {**asked, "links": ["h1--h2"]}, lab="t")
            self.answer("GET", "/v1/labs/{lab}", lab="t")
        for asked in ({"settings": {"rate": "10mbit", "loss": "1%"}, "from": "h1", "to": "h2"},
                      {"settings": {"loss": False}, "for": 600}, {"clear": True}):
            self.answer("POST", "/v1/labs/{lab}/links/impair", {**asked, "link": "h1--h2"}, lab="t")
            self.answer("GET", "/v1/labs/{lab}", lab="t")
        self.answer("POST", "/v1/labs/{lab}/links/impair", {"link": "h1--h2", "settings": {"x": 1}}, status=400, lab="t")
        self.answer("POST", "/v1/labs/{lab}/links/add", {"endpoints": ["h1", "h2"], "keys": {"mtu": 1400}}, lab="t")
        self.answer("POST", "/v1/labs/{lab}/links/remove", {"link": "h1--h2-2"}, lab="t")
        machine.run("ip", "-n", "t.h1", "address", "add", "192.0.2.7/24", "dev", "eth0")
        self.assertTrue(self.answer("GET", "/v1/labs/{lab}/adopt", lab="t")[0]["taken"])
        machine.run("ip", "-n", "t.h1", "link", "set", "eth0", "mtu", "1300")
        self.assertTrue(self.answer("POST", "/v1/labs/{lab}/repair", {"dry_run": True}, lab="t")[0]["actions"])
        self.assertTrue(self.answer("POST", "/v1/labs/{lab}/repair", lab="t")[0]["actions"])
        self.answer("POST", "/v1/labs/{lab}/steps", lab="t")
        self.answer("GET", "/v1/events")
        self.answer("GET", "/v1/events?initial")
        self.answer("GET", "/v1/doctor")
        self.answer("GET", "/v1/audit")
        self.answer("GET", "/v1/audit/verify")
        self.answer("POST", "/v1/gc", {"dry_run": True})
        self.answer("DELETE", "/v1/labs/{lab}", lab="t")
        # Refusals have a shape as well.
        self.answer("GET", "/v1/labs/{lab}", status=404, lab="nowhere")
        self.answer("POST", "/v1/labs/{lab}/life", {"op": "fly", "nodes": ["h1"]}, status=400, lab="t")
        self.answer("GET", "/v1/events?since=x", status=400)

    def test_refusals_of_every_route_about_a_lab(self):
        users.make()
        self.before = machine.state()
        self.up(PAIR)
        file = {"api": 1, "main": "t.lab.toml", "files": {"t.lab.toml": {"text": PAIR}}}
        bodies = {("put", "/v1/labs/{lab}"): file, ("post", "/v1/labs/{lab}/life"): {"op": "stop", "nodes": ["h1"]},
                  ("post", "/v1/labs/{lab}/nodes/{node}/exec"): {"argv": ["true"]}}
        for path, item in DOCUMENT["paths"].items():
            for method in (m for m in item if m in METHODS and "{lab}" in path):
                with self.subTest(f"{method} {path}"):
                    body = json.dumps(bodies.get((method, path), {}))
                    status, text = users.curl("bob", method.upper(), path.format(lab="t", node="h1"),
                                              *([] if method == "get" else ["-d", body]))
                    self.assertEqual(403, status, text)
                    (content,) = item[method]["responses"]["403"]["content"].values()
                    self.assertEqual([], mistakes(json.loads(text), content["schema"]))
