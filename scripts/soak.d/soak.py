#!/usr/bin/env python3
"""Churns a cluster, and judges what the operator makes of it; called by scripts/soak.

Of the operator it knows what its documentation says, and nothing of its code: what each namespace has to look like is
written down here once more, field by field.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

DNS = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
    "spec": {
        "clusterIP": "10.96.0.10",
        "selector": {"k8s-app": "kube-dns"},
        "ports": [
            {"name": "dns", "port": 53, "protocol": "UDP"},
            {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
        ],
    },
}
CONTAINER = {"name": "c", "image": "example.com/app:1"}
PROFILES = "/apis/hardening.dev/v1alpha1/hardeningprofiles"
KINDS = {
    "NetworkPolicy": ("/apis/networking.k8s.io/v1", "networkpolicies"),
    "LimitRange": ("/api/v1", "limitranges"),
    "ServiceAccount": ("/api/v1", "serviceaccounts"),
    "Pod": ("/api/v1", "pods"),
    "Deployment": ("/apis/apps/v1", "deployments"),
}


def say(text):
    print(time.strftime("%H:%M:%S"), text, flush=True)


class Refused(Exception):
    """The API server's no, or its silence."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code


class Cluster:
    """The API server, through kubectl's proxy, as an administrator."""

    def __init__(self, directory):
        self.directory = directory
        self.proxy = subprocess.Popen(
            [f"{directory}/bin/kubectl", "--kubeconfig", f"{directory}/admin.conf", "proxy", "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.url = "http://" + re.search(r"[\d.]+:\d+", self.proxy.stdout.readline()).group()

    def close(self):
        self.proxy.terminate()
        self.proxy.wait()

    def request(self, method, path, body=None, content="application/json"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": content}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode(errors="replace")[:300]) from None
        except OSError as error:
            raise Refused(0, str(error)) from None
        return json.loads(text) if text[:1] == b"{" else text.decode()

    def items(self, kind):
        base, plural = KINDS[kind]
        return self.request("GET", f"{base}/{plural}")["items"]

    @staticmethod
    def path(kind, namespace, name=""):
        base, plural = KINDS[kind]
        return f"{base}/namespaces/{namespace}/{plural}/{name}".rstrip("/")

    def create(self, kind, namespace, body):
        api = KINDS[kind][0].removeprefix("/apis/").removeprefix("/api/")
        self.request("POST", self.path(kind, namespace), {"apiVersion": api, "kind": kind, **body})

    def patch(self, path, operations):
        self.request("PATCH", path, operations, "application/json-patch+json")

    def merge(self, path, patch):
        self.request("PATCH", path, patch, "application/merge-patch+json")

    def component(self, verb, name):
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        subprocess.run(
            [f"{here}/control-plane", verb, name, "--dir", self.directory], check=True, capture_output=True
        )


class World:
    """What the profiles say, as their author knows it."""

    def __init__(self):
        self.memory = "256Mi"
        self.released = False

    def profile(self, name):
        controls = {"limitRange": {"limits": [{"type": "Container", "default": {"memory": self.memory}}]}}
        if name != "soak-c":
            controls["networkPolicy"] = {}
        if name == "soak-a":
            controls["podSecurity"] = {"rollout": {"strategy": "Immediate"}}
            controls["serviceAccountToken"] = {}
        modes = {"soak-a": "Enforce", "soak-b": "Audit", "soak-c": "Disabled" if self.released else "Enforce"}
        return {
            "apiVersion": "hardening.dev/v1alpha1",
            "kind": "HardeningProfile",
            "metadata": {"name": name},
            "spec": {
                "mode": modes[name],
                "onDisruption": "Proceed",
                "namespaceSelector": {"matchLabels": {"soak": name[-1]}},
                "controls": controls,
            },
        }

    def names(self):
        return ["soak-a", "soak-b", "soak-c"]


class Churn(threading.Thread):
    """Changes the cluster, one thing after the other, as long as it may."""

    LIMIT = 30

    def __init__(self, cluster, world, seed, rate):
        super().__init__(daemon=True)
        self.cluster, self.world, self.rate = cluster, world, rate
        self.random = random.Random(seed)
        self.number = 0
        self.count = {}
        self.refusals = 0
        self.may = threading.Event()
        self.rests = threading.Event()
        self.actions = [
            (3, self.create_namespace),
            (2, self.delete_namespace),
            (2, self.relabel),
            (4, self.create_pod),
            (3, self.create_deployment),
            (4, self.delete_workload),
            (2, self.create_account),
            (4, self.drift_policy),
            (4, self.drift_limits),
            (4, self.drift_labels),
            (4, self.drift_account),
            (1, self.edit_profile),
        ]

    def run(self):
        while True:
            if not self.may.is_set():
                self.rests.set()
                self.may.wait()
                self.rests.clear()
            action = self.random.choices([a for _, a in self.actions], [w for w, _ in self.actions])[0]
            try:
                if action() is not False:
                    name = action.__name__
                    self.count[name] = self.count.get(name, 0) + 1
            except Refused as refused:
                # Gone meanwhile, not as it was, or the server is away: all of that is part of the churn.
                self.refusals += 1
                if refused.code == 0:
                    time.sleep(1)
            time.sleep(self.random.expovariate(self.rate))

    def pause(self):
        self.may.clear()
        self.rests.wait()

    def resume(self):
        self.may.set()

    def total(self):
        return sum(self.count.values())

    def new(self, prefix):
        self.number += 1
        return f"{prefix}-{self.number}"

    def namespaces(self, soak=None):
        selector = "soak" if soak is None else f"soak%3D{soak}"
        found = self.cluster.request("GET", f"/api/v1/namespaces?labelSelector={selector}")["items"]
        return [n["metadata"]["name"] for n in found if n["status"].get("phase") != "Terminating"]

    def one(self, soak=None):
        names = self.namespaces(soak)
        return self.random.choice(names) if names else None

    def create_namespace(self):
        if len(self.namespaces()) >= self.LIMIT:
            return False
        labels = {"soak": self.random.choice("aaabc")}
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.new("soak"), "labels": labels}}
        self.cluster.request("POST", "/api/v1/namespaces", body)

    def delete_namespace(self):
        names = self.namespaces()
        if len(names) < self.LIMIT // 2:
            return False
        self.cluster.request("DELETE", f"/api/v1/namespaces/{self.random.choice(names)}")

    def relabel(self):
        if name := self.one():
            self.cluster.merge(f"/api/v1/namespaces/{name}", {"metadata": {"labels": {"soak": self.random.choice("abcd")}}})

    def create_pod(self):
        if name := self.one():
            self.cluster.create("Pod", name, {"metadata": {"name": self.new("pod")}, "spec": {"containers": [CONTAINER]}})

    def create_deployment(self):
        if name := self.one():
            labels = {"app": self.new("app")}
            template = {"metadata": {"labels": labels}, "spec": {"containers": [CONTAINER]}}
            spec = {"replicas": self.random.randint(1, 3), "selector": {"matchLabels": labels}, "template": template}
            self.cluster.create("Deployment", name, {"metadata": {"name": labels["app"]}, "spec": spec})

    def delete_workload(self):
        kind = self.random.choice(["Pod", "Deployment"])
        found = [i["metadata"] for i in self.cluster.items(kind) if i["metadata"]["namespace"].startswith("soak-")]
        if not found:
            return False
        target = self.random.choice(found)
        path = self.cluster.path(kind, target["namespace"], target["name"])
        self.cluster.request("DELETE", path, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})

    def create_account(self):
        if name := self.one():
            self.cluster.create("ServiceAccount", name, {"metadata": {"name": self.new("account")}})

    def drift_policy(self):
        if name := self.one("a"):
            policy = self.random.choice(["hardening-default-deny", "hardening-default-allow"])
            path = self.cluster.path("NetworkPolicy", name, policy)
            if self.random.random() < 0.5:
                self.cluster.request("DELETE", path)
            else:
                self.cluster.merge(path, {"spec": {"podSelector": {"matchLabels": {"only": "these"}}}})

    def drift_limits(self):
        if name := self.one(self.random.choice("ac")):
            path = self.cluster.path("LimitRange", name, "hardening-limits")
            if self.random.random() < 0.5:
                self.cluster.request("DELETE", path)
            else:
                self.cluster.merge(path, {"spec": {"limits": [{"type": "Container", "default": {"memory": "1Mi"}}]}})

    # What was put there before the operator came would be a wish, and not drift: so only where it stands is it changed.
    def drift_labels(self):
        if name := self.one("a"):
            label = "/metadata/labels/pod-security.kubernetes.io~1enforce"
            change = [{"op": "remove", "path": label}, {"op": "replace", "path": label, "value": "privileged"}]
            test = {"op": "test", "path": label, "value": "baseline"}
            self.cluster.patch(f"/api/v1/namespaces/{name}", [test, self.random.choice(change)])

    def drift_account(self):
        if name := self.one("a"):
            path = self.cluster.path("ServiceAccount", name, "default")
            if self.random.random() < 0.2:
                self.cluster.request("DELETE", path)
            else:
                field = "/automountServiceAccountToken"
                self.cluster.patch(
                    path, [{"op": "test", "path": field, "value": False}, {"op": "replace", "path": field, "value": True}]
                )

    # A change that came in the moment in which what was enforced was given back is its author's wish, and respected as
    # such from then on. Its author takes it back.
    def take_wishes_back(self):
        for namespace in self.cluster.request("GET", "/api/v1/namespaces")["items"]:
            metadata = namespace["metadata"]
            label = "pod-security.kubernetes.io/enforce"
            if not applied_by_operator(metadata) and metadata.get("labels", {}).get(label) == "privileged":
                self.cluster.merge(f"/api/v1/namespaces/{metadata['name']}", {"metadata": {"labels": {label: None}}})
        for account in self.cluster.items("ServiceAccount"):
            metadata = account["metadata"]
            if not applied_by_operator(metadata) and account.get("automountServiceAccountToken"):
                path = self.cluster.path("ServiceAccount", metadata["namespace"], metadata["name"])
                self.cluster.merge(path, {"automountServiceAccountToken": None})

    def edit_profile(self):
        if self.random.random() < 0.5:
            memory, released = f"{self.random.randint(64, 512)}Mi", self.world.released
        else:
            memory, released = self.world.memory, not self.world.released
        before = self.world.memory, self.world.released
        self.world.memory, self.world.released = memory, released
        try:
            self.apply_profiles()
        except Refused:
            # Some may have been changed; what was meant before is put back.
            self.world.memory, self.world.released = before
            raise

    def apply_profiles(self):
        for name in self.world.names():
            self.cluster.merge(f"{PROFILES}/{name}", {"spec": self.world.profile(name)["spec"]})


class Checker:
    """Finds what is not as the profiles say."""

    def __init__(self, cluster, world, minor):
        self.cluster, self.world, self.minor = cluster, world, minor

    def differences(self):
        """In words; none when all is as it should be."""
        found = []
        namespaces = [
            n
            for n in self.cluster.request("GET", "/api/v1/namespaces?labelSelector=soak")["items"]
            if n["metadata"]["name"].startswith("soak-")
        ]
        for namespace in namespaces:
            if namespace["status"].get("phase") == "Terminating":
                found.append(f"{namespace['metadata']['name']} is still going")
        objects = {}
        for kind in ["NetworkPolicy", "LimitRange", "ServiceAccount"]:
            for item in self.cluster.items(kind):
                objects.setdefault(item["metadata"]["namespace"], {}).setdefault(kind, {})[item["metadata"]["name"]] = item
        members = {"a": [], "b": [], "c": [], "d": []}
        for namespace in namespaces:
            name, group = namespace["metadata"]["name"], namespace["metadata"]["labels"]["soak"]
            members[group].append(name)
            wrong = self.namespace(namespace, group, objects.get(name, {}))
            found += [f"{name} ({group}): {what}" for what in wrong]
        for profile in self.world.names():
            found += [f"{profile}: {what}" for what in self.status(profile, len(members[profile[-1]]))]
        return found, len(namespaces)

    def namespace(self, namespace, group, objects):
        is_a = group == "a"
        is_limited = is_a or group == "c" and not self.world.released
        policies = {n: p["spec"] for n, p in objects.get("NetworkPolicy", {}).items()}
        if policies != (self.policies() if is_a else {}):
            yield f"NetworkPolicies {json.dumps(policies)}"
        limits = {n: r["spec"] for n, r in objects.get("LimitRange", {}).items()}
        if limits != (self.limits() if is_limited else {}):
            yield f"LimitRanges {json.dumps(limits)}"
        labels = {
            k.removeprefix("pod-security.kubernetes.io/"): v
            for k, v in namespace["metadata"]["labels"].items()
            if k.startswith("pod-security.kubernetes.io/")
        }
        if labels != (self.labels() if is_a else {}):
            yield f"labels {labels}"
        accounts = objects.get("ServiceAccount", {})
        for name, account in accounts.items():
            says = account.get("automountServiceAccountToken")
            if is_a and name == "default":
                if says is not False:
                    yield f"account default: automountServiceAccountToken is {says}"
            elif says is False:
                yield f"account {name}: automountServiceAccountToken is false"
        if "default" not in accounts:
            yield "no account default"

    def policies(self):
        # The cluster's DNS by its pods and, for plugins that look before addresses are translated, by its address.
        dns = [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            },
            {"ipBlock": {"cidr": "10.96.0.10/32"}},
        ]
        ports = [{"protocol": "TCP", "port": 53}, {"protocol": "UDP", "port": 53}]
        allow = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": dns, "ports": ports}]}
        return {
            "hardening-default-deny": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
            "hardening-default-allow": allow,
        }

    def limits(self):
        # The server makes a default request of a default limit.
        memory = {"memory": self.world.memory}
        return {"hardening-limits": {"limits": [{"type": "Container", "default": memory, "defaultRequest": memory}]}}

    def labels(self):
        return {
            "enforce": "baseline",
            "enforce-version": f"v1.{self.minor}",
            "audit": "restricted",
            "audit-version": "latest",
            "warn": "restricted",
            "warn-version": "latest",
        }

    def status(self, profile, count):
        found = self.cluster.request("GET", f"{PROFILES}/{profile}")
        status = found.get("status", {})
        if found["spec"]["controls"]["limitRange"]["limits"][0]["default"]["memory"] != self.world.memory:
            yield "the profile is not what was asked for"
        if status.get("observedGeneration") != found["metadata"]["generation"]:
            yield "the status is of an earlier spec"
        conditions = {c["type"]: c for c in status.get("conditions", [])}
        if conditions.get("Ready", {}).get("status") != "True":
            yield f"Ready is {conditions.get('Ready')}"
        if found["spec"]["mode"] == "Disabled":
            return
        namespaces = status.get("namespaces", {})
        if namespaces.get("selected", 0) != count:
            yield f"{namespaces.get('selected', 0)} namespaces in the status, {count} counted"
        # An audit finds nothing of what it asks for; of what is enforced nothing is missing, though on servers without
        # Pod Security admission, or without a network plugin, nobody can tell whether it acts.
        good = namespaces.get("compliant", 0) + namespaces.get("unverified", 0)
        bad = namespaces.get("nonCompliant", 0)
        expected = (0, count) if profile == "soak-b" else (count, 0)
        if (good, bad) != expected:
            yield f"{good} good and {bad} bad namespaces in the status, {expected[0]} and {expected[1]} counted"
        for control in status.get("controls", []):
            good = control.get("compliant", 0) + control.get("unverified", 0)
            bad = control.get("nonCompliant", 0)
            if (good, bad) != expected:
                yield f"control {control['name']}: {good} good and {bad} bad in the status, {expected[0]} and {expected[1]} counted"


def applied_by_operator(metadata):
    entries = metadata.get("managedFields", [])
    return any(e["manager"] == "hardening-operator" and e["operation"] == "Apply" for e in entries)


class Process:
    """What can be seen of the operator's process from outside."""

    def __init__(self, pid, metrics, cluster):
        self.pid, self.metrics, self.cluster = pid, metrics, cluster

    def must_run(self):
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
                runs = file.read().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            runs = False
        if not runs:
            raise SystemExit("the operator has ended by itself")

    def measure(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        descriptors = f"/proc/{self.pid}/fd"
        links = [os.readlink(f"{descriptors}/{number}") for number in os.listdir(descriptors)]
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=30) as answer:
            samples = re.findall(r"^(\w+)(?:\{(.*)\})? ([-+\d.e]+)$", answer.read().decode(), re.M)
        server = self.cluster.request("GET", "/metrics")
        watches = re.findall(r'^apiserver_longrunning_(?:gauge|requests)\{.*verb="WATCH".*\} (\d+)$', server, re.M)
        value = lambda name: sum(float(v) for n, _, v in samples if n == name)
        return {
            "MiB": int(status["VmRSS"].split()[0]) / 1024,
            "MiB by metric": value("process_resident_memory_bytes") / (1 << 20),
            "files": len(links),
            "sockets": sum(link.startswith("socket:") for link in links),
            "threads": int(status["Threads"]),
            "watches": sum(map(int, watches)),
            "active": int(value("controller_runtime_active_workers")),
            "queued": int(value("workqueue_depth")),
        }


class Soak:
    COLUMNS = [
        ("minute", "%.1f"), ("changes", "%d"), ("namespaces", "%d"), ("settled s", "%.1f"), ("MiB", "%.1f"),
        ("MiB by metric", "%.1f"), ("files", "%d"), ("sockets", "%d"), ("threads", "%d"), ("watches", "%d"),
        ("active", "%d"), ("queued", "%d"),
    ]

    def __init__(self, options):
        self.options = options
        self.world = World()
        self.cluster = Cluster(options.directory)
        minor = int(re.match(r"\d+", self.cluster.request("GET", "/version")["minor"]).group())
        self.checker = Checker(self.cluster, self.world, minor)
        self.churn = Churn(self.cluster, self.world, options.seed, options.rate)
        self.process = Process(options.pid, options.metrics_port, self.cluster)
        self.begin = time.monotonic()
        self.rows = []
        self.restarts = 0

    def minute(self):
        return (time.monotonic() - self.begin) / 60

    def run(self):
        try:
            self.cluster.request("POST", "/api/v1/namespaces/kube-system/services", DNS)
            for name in self.world.names():
                self.cluster.request("POST", PROFILES, self.world.profile(name))
            for _ in range(Churn.LIMIT * 2 // 3):
                self.churn.create_namespace()
            self.churn.start()
            due = 0
            while due < self.options.minutes:
                due = min(due + self.options.restart_every, self.options.minutes)
                self.work_until(due)
                if not self.settle():
                    return False
                if due < self.options.minutes:
                    self.churn.resume()
                    self.restart()
            return self.verdict()
        finally:
            self.cluster.close()

    def work_until(self, minute):
        self.churn.resume()
        while self.minute() < minute:
            self.process.must_run()
            time.sleep(min(30, max(0.1, (minute - self.minute()) * 60)))
            say(f"minute {self.minute():.1f}: {self.churn.total()} changes, {self.churn.refusals} in vain")

    def restart(self):
        began = time.monotonic()
        self.cluster.component("stop", "kube-apiserver")
        self.cluster.component("start", "kube-apiserver")
        self.restarts += 1
        say(f"the API server was restarted within {time.monotonic() - began:.0f} s, while the churn went on")

    def settle(self):
        """Waits until nothing is wrong, and measures; what is wrong for too long is the end."""
        self.churn.pause()
        began, wrong, namespaces = time.monotonic(), ["not looked at yet"], 0
        # An edit that the server's restart cut off may have gone to some profiles only.
        self.churn.apply_profiles()
        while wrong and time.monotonic() - began < self.options.patience:
            time.sleep(1)
            try:
                self.churn.take_wishes_back()
                wrong, namespaces = self.checker.differences()
            except Refused as refused:
                wrong = [f"the API server: {refused}"]
        settled = time.monotonic() - began
        say(f"quiet: {namespaces} namespaces, {len(wrong)} things wrong, after {settled:.1f} s")
        for what in wrong[:20]:
            say(f"WRONG: {what}")
        if wrong:
            return False
        # What follows from the last of it, such as a metric, is not there at once.
        time.sleep(5)
        row = {"minute": self.minute(), "changes": self.churn.total(), "namespaces": namespaces, "settled s": settled}
        self.rows.append({**row, **self.process.measure()})
        return True

    def table(self):
        print("| " + " | ".join(name for name, _ in self.COLUMNS) + " |")
        print("|" + " ---: |" * len(self.COLUMNS))
        for row in self.rows:
            print("| " + " | ".join(form % row[name] for name, form in self.COLUMNS) + " |")

    def verdict(self):
        after = min(5, self.options.minutes / 3)
        first, last = next(r for r in self.rows if r["minute"] >= after), self.rows[-1]
        bounds = [
            ("resident memory (MiB, /proc)", first["MiB"] * 1.1, last["MiB"]),
            ("resident memory (MiB, /metrics)", first["MiB by metric"] * 1.1, last["MiB by metric"]),
            ("open file descriptors", first["files"] + 4, last["files"]),
            ("sockets", first["sockets"] + 4, last["sockets"]),
            ("threads", first["threads"] + 2, last["threads"]),
            ("watches at the API server", first["watches"] + 2, last["watches"]),
            ("workers at work", 0, last["active"]),
            ("keys waiting", 0, last["queued"]),
        ]
        good = True
        for what, limit, value in bounds:
            fits = value <= limit
            good = good and fits
            print(f"{'good' if fits else 'BAD '}  {what}: {value:.1f} at the end, at most {limit:.1f}")
        return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", required=True, help="the control plane's")
    parser.add_argument("--pid", type=int, required=True, help="the operator's")
    parser.add_argument("--metrics-port", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--restart-every", type=float, default=5, help="minutes between restarts of the API server")
    parser.add_argument("--rate", type=float, default=5, help="changes a second")
    parser.add_argument("--patience", type=float, default=240, help="seconds to settle; a fight takes three minutes to end")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    say(f"seed {options.seed}")
    soak = Soak(options)
    good = soak.run()
    print()
    soak.table()
    churn = soak.churn
    print(f"\n{churn.total()} changes, {soak.restarts} restarts of the API server: {json.dumps(churn.count)}")
    print("VERDICT:", "good" if good else "FAILED")
    sys.exit(0 if good else 1)


main()
