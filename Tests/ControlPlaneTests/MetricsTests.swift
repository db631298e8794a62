import Foundation
import Hardening
import KubernetesAPI
import Subprocess
import TestSupport
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

extension ControlPlaneTests {
    @Suite struct Metrics {
        private static let prometheus = ProcessInfo.processInfo.environment["HARDENING_TEST_PROMETHEUS"]

        @Test("/metrics says the same as the status, and a profile's series go with it")
        func agreement() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile {
                    $0["mode"] = "Audit"
                    $0["controls"]?["workloads"] = [:]
                }
                for name in ["a", "b"] { try await scene.settledNamespace(name) }
                let port = try freePort()
                try await scene.cluster.withOperator(["--metrics-port", "\(port)"]) { process in
                    try await process.ready()
                    let status = try await scene.status(of: profile, "two namespaces") {
                        $0.namespaces.selected == 2 && $0.condition(.ready)?.status == .true
                    }
                    let samples = try await eventually("the metrics say the same") {
                        let samples = try await scrape(port)
                        return samples.sum("hardening_findings", ["profile": profile]) == Double(status.findingsTotal)
                            ? samples : nil
                    }
                    #expect(status.findingsTotal > 0)
                    let governed = [
                        "compliant": status.namespaces.compliant, "nonCompliant": status.namespaces.nonCompliant,
                        "unverified": status.namespaces.unverified, "exempt": status.namespaces.exempt,
                    ]
                    for (state, count) in governed {
                        let labels = ["profile": profile, "state": state]
                        #expect(samples.value("hardening_namespaces", labels) == Double(count), "\(state)")
                    }
                    for control in status.controls {
                        let labels = ["profile": profile, "control": control.name.rawValue]
                        let judged = control.compliant + control.nonCompliant + control.unverified
                        #expect(
                            samples.value("hardening_compliance_ratio", labels)
                                == Double(control.compliant) / Double(judged),
                            "\(control.name)"
                        )
                        // All fit into the status here.
                        for severity in Severity.allCases {
                            let found = status.findings.filter { $0.control == control.name && $0.severity == severity }
                            let labels = labels.merging(["severity": severity.rawValue]) { $1 }
                            #expect(samples.value("hardening_findings", labels) == Double(found.count))
                        }
                        #expect(samples.value("hardening_drift_repaired_total", labels) == 0)
                    }
                    try await scene.cluster.delete(HardeningProfile.self, profile)
                    try await eventually("nothing is said of the profile any more") {
                        try await !scrape(port).contains { $0.labels["profile"] == profile }
                    }
                }
            }
        }

        @Test(
            "Drift that is repaired is counted by control; enforcing, editing the profile and new namespaces are none"
        )
        func drift() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile()
                let namespace = try await scene.settledNamespace("drift")
                let port = try freePort()
                try await scene.cluster.withOperator(["--metrics-port", "\(port)"]) { process in
                    func repaired(_ control: ControlName) async throws -> Double? {
                        let labels = ["profile": profile, "control": control.rawValue]
                        return try await scrape(port).value("hardening_drift_repaired_total", labels)
                    }
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    try await scene.settledNamespace("new")
                    try await scene.compliant(profile, namespaces: 2)
                    try await scene.profile {
                        $0["controls"]?["limitRange"] = [
                            "limits": [["type": "Container", "default": ["memory": "1Gi"]]]
                        ]
                    }
                    try await scene.compliant(profile, namespaces: 2)
                    for control in Scene.controls { #expect(try await repaired(control) == 0, "\(control)") }

                    try await scene.cluster.delete(NetworkPolicy.self, Marks.denyPolicyName, in: namespace)
                    try await eventually("a deleted policy counts") { try await repaired(.networkPolicy) == 1 }
                    try await scene.cluster.edit(
                        ServiceAccount.self,
                        "default",
                        in: namespace,
                        ["automountServiceAccountToken": true]
                    )
                    try await eventually("an edited account counts") { try await repaired(.serviceAccountToken) == 1 }
                    try await scene.cluster.edit(
                        Namespace.self,
                        namespace,
                        ["metadata": ["labels": ["pod-security.kubernetes.io/enforce": nil]]]
                    )
                    try await eventually("a label that is taken off counts") { try await repaired(.podSecurity) == 1 }
                    #expect(try await repaired(.limitRange) == 0)
                    #expect(try await repaired(.networkPolicy) == 1)
                }
            }
        }

        @Test("What an operator of controllers looks for is there, in the form that promtool asks for")
        func names() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile()
                try await scene.namespace("named")
                let port = try freePort()
                try await scene.cluster.withOperator(["--metrics-port", "\(port)"]) { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    // The status can be read before the operator has had the answer to it, and has counted that.
                    let (text, type) = try await eventually("what came of the profile is counted") {
                        let answer = try await fetch(port, accept: nil)
                        let success = ["controller": "profile", "result": "success"]
                        let count = Samples(answer.text).value("controller_runtime_reconcile_total", success) ?? 0
                        return count > 0 ? answer : nil
                    }
                    #expect(type == "text/plain; version=0.0.4; charset=utf-8")
                    let samples = Samples(text)
                    #expect((samples.value("rest_client_requests_total", ["code": "200", "method": "PATCH"]) ?? 0) > 0)
                    #expect((samples.value("rest_client_requests_total", ["code": "200", "method": "GET"]) ?? 0) > 0)
                    for name in ["namespace", "profile"] {
                        for metric in [
                            "workqueue_adds_total", "workqueue_queue_duration_seconds_count",
                            "workqueue_work_duration_seconds_count",
                        ] {
                            #expect((samples.value(metric, ["name": name]) ?? 0) > 0, "\(metric)")
                        }
                        for metric in [
                            "workqueue_depth", "workqueue_retries_total", "workqueue_unfinished_work_seconds",
                            "workqueue_longest_running_processor_seconds",
                        ] {
                            #expect(samples.value(metric, ["name": name]) != nil, "\(metric)")
                        }
                        let success = ["controller": name, "result": "success"]
                        #expect((samples.value("controller_runtime_reconcile_total", success) ?? 0) > 0)
                        for metric in [
                            "controller_runtime_reconcile_errors_total", "controller_runtime_active_workers",
                            "controller_runtime_reconcile_time_seconds_sum",
                        ] {
                            #expect(samples.value(metric, ["controller": name]) != nil, "\(metric)")
                        }
                    }
                    for resource in [
                        "namespaces", "pods", "networkpolicies.networking.k8s.io", "hardeningprofiles.hardening.dev",
                    ] {
                        let age = samples.value("hardening_watch_last_event_age_seconds", ["resource": resource])
                        #expect((age ?? -1) >= 0, "\(resource)")
                    }
                    // Nobody has installed these here.
                    let absent = ["resource": "servicemonitors.monitoring.coreos.com"]
                    #expect(samples.value("hardening_watch_last_event_age_seconds", absent) == nil)
                    let memory = samples.value("process_resident_memory_bytes", [:])
                    #expect(try abs((memory ?? 0) / 1024 - Double(process.residentKiB)) < 50_000)
                    let known: Set = [
                        "profile", "control", "severity", "state", "name", "controller", "result", "resource", "code",
                        "method", "le", "reason",
                    ]
                    #expect(Set(samples.flatMap(\.labels.keys)).isSubset(of: known), "no label names an object")

                    let open = try await fetch(port, accept: "application/openmetrics-text;version=1.0.0,*/*;q=0.1")
                    #expect(open.type == "application/openmetrics-text; version=1.0.0; charset=utf-8")
                    #expect(open.text.hasSuffix("\n# EOF\n"))
                    if let tools = Self.prometheus {
                        let checked = try await Subprocess.run(
                            .path(.init("\(tools)/bin/promtool")),
                            arguments: ["check", "metrics"],
                            input: .string(text),
                            output: .string(limit: 1 << 20),
                            error: .string(limit: 1 << 20)
                        )
                        #expect(checked.terminationStatus == .exited(0), "\(checked.standardError)")
                    }
                }
            }
        }

        @Test("A real Prometheus scrapes it", .enabled(if: prometheus != nil, "scripts/test gets Prometheus for this"))
        func scraped() async throws {
            let tools = try #require(Self.prometheus)
            try await Scene.play { scene in
                let profile = try await scene.profile()
                try await scene.namespace("scraped")
                let port = try freePort()
                let directory = FileManager.default.temporaryDirectory.appending(
                    path: "prometheus-\(UUID().uuidString)"
                )
                try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(at: directory) }
                let configuration = directory.appending(path: "prometheus.yaml").path(percentEncoded: false)
                try """
                global: {scrape_interval: 1s}
                scrape_configs:
                  - job_name: operator
                    static_configs: [{targets: ["127.0.0.1:\(port)"]}]
                """.write(toFile: configuration, atomically: true, encoding: .utf8)
                try await scene.cluster.withOperator(["--metrics-port", "\(port)"]) { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    let web = try freePort()
                    let finished = try await Subprocess.run(
                        .path(.init("\(tools)/bin/prometheus")),
                        arguments: [
                            "--config.file", configuration, "--storage.tsdb.path",
                            directory.appending(path: "data").path(percentEncoded: false), "--web.listen-address",
                            "127.0.0.1:\(web)", "--log.level", "error",
                        ],
                        input: .none,
                        output: .discarded,
                        error: .discarded
                    ) { execution in
                        // Prometheus, too, must not outlive a test that fails.
                        defer { try? execution.send(signal: .terminate) }
                        for (query, expected) in [
                            ("up", "1"), ("sum(hardening_namespaces{profile=\"\(profile)\"})", "1"),
                            ("count(hardening_compliance_ratio{profile=\"\(profile)\"})", "4"),
                            (
                                "sum(controller_runtime_reconcile_time_seconds_count{controller=\"profile\"}) > bool 0",
                                "1"
                            ),
                            (
                                "histogram_quantile(0.99, sum by (le) (workqueue_queue_duration_seconds_bucket)) > bool 0",
                                "1"
                            ),
                        ] {
                            try await eventually("\(query) is \(expected)") {
                                try await ask(query, web) == expected
                            }
                        }
                    }
                    #expect(finished.terminationStatus == .exited(0))
                }
            }
        }
    }
}

/// What `/metrics` answers, once it does.
func fetch(_ port: Int, accept: String?) async throws -> (text: String, type: String?) {
    var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/metrics")))
    request.setValue(accept, forHTTPHeaderField: "Accept")
    let (data, response) = try await URLSession.shared.data(for: request)
    let answer = try #require(response as? HTTPURLResponse)
    #expect(answer.statusCode == 200)
    return (String(decoding: data, as: UTF8.self), answer.value(forHTTPHeaderField: "Content-Type"))
}

/// What Prometheus answers to a query that gives one value; `nil` while it has none, or is not up yet.
private func ask(_ query: String, _ port: Int) async throws -> String? {
    var address = try #require(URLComponents(string: "http://127.0.0.1:\(port)/api/v1/query"))
    address.queryItems = [URLQueryItem(name: "query", value: query)]
    let url = try #require(address.url)
    guard let (data, response) = try? await URLSession.shared.data(from: url),
        (response as? HTTPURLResponse)?.statusCode == 200
    else { return nil }
    let result = try JSONDecoder().decode(JSONValue.self, from: data)["data"]?["result"]?.elements?.first
    return result?["value"]?.elements?.last?.string
}
