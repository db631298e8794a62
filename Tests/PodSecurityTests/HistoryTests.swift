import Foundation
import KubernetesAPI
import PodSecurity
import Testing

/// The pods that a real API server was asked about, as JSON.
private func oraclePods() throws -> [JSONValue] {
    struct Case: Decodable { var pod: JSONValue }
    let file = try #require(Bundle.module.url(forResource: "pod-security-oracle", withExtension: "jsonl"))
    return try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map {
        try JSONDecoder().decode(Case.self, from: $0).pod
    }
}

private func read(_ pod: JSONValue) throws -> PodTemplateSpec {
    try JSONReader.read(PodTemplateSpec.self, from: JSONEncoder().encode(pod))
}

extension JSONValue {
    /// The document after somebody did what `remedy` says.
    fileprivate func following(_ remedy: Remedy) throws -> JSONValue {
        var keys: [String] = []
        var rest = remedy.path[...]
        while !rest.isEmpty {
            if rest.first == "[" {
                let end = try #require(rest.firstIndex(of: "]"))
                keys.append(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...].drop { $0 == "." }
            } else {
                let end = rest.firstIndex { $0 == "." || $0 == "[" } ?? rest.endIndex
                keys.append(String(rest[..<end]))
                rest = rest[end...].drop { $0 == "." }
            }
        }
        let value = remedy.value.map { text in
            (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .string(text)
        }
        return changing(keys[...], to: value)
    }

    private func changing(_ keys: ArraySlice<String>, to value: JSONValue?) -> JSONValue {
        guard let key = keys.first else { return value ?? .null }
        if case .array(var items) = self, let index = Int(key), items.indices.contains(index) {
            if keys.count == 1, value == nil {
                items.remove(at: index)
            } else {
                items[index] = items[index].changing(keys.dropFirst(), to: value)
            }
            return .array(items)
        }
        var copy = self
        copy[key] = keys.count == 1 ? value : (self[key] ?? [:]).changing(keys.dropFirst(), to: value)
        return copy
    }
}

@Suite struct HistoryTests {
    private static let versions: [Version] =
        [0, 8, 18, 19, 22, 23, 25, 28, 29, 31, 33, 34, 36, .max].map(Version.minor) + [.latest]
    private static let policies = Level.allCases.flatMap { level in
        versions.map { Policy(level: level, version: $0) }
    }

    @Test(
        "A pod's history answers for every policy on every server as judging the pod does, in the same words and order"
    )
    func agreement() throws {
        let seed = UInt64.random(in: .min ... .max)
        var differences: [String] = []
        var violations = 0
        var server = seed
        for (line, json) in try oraclePods().enumerated() {
            let pod = Evaluator.asCreated(try read(json))
            let history = Evaluator.history(of: pod)
            server = server &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // Every policy as the newest server takes it, and as one of another release.
            for evaluator in [Evaluator(), Evaluator(serverMinor: Int(server >> 33) % 38)] {
                for policy in Self.policies {
                    let effective = evaluator.effective(policy)
                    let now = history.filter { effective.forbids($0.check, in: $0.versions) }
                    let judged = evaluator.judge(pod, by: policy).violations
                    violations += judged.count
                    if now.map(\.description) != judged.map(\.description) || now.map(\.check) != judged.map(\.check) {
                        differences.append("seed \(seed), line \(line + 1), \(policy): \(now) instead of \(judged)")
                    }
                }
            }
        }
        #expect(violations > 40_000)
        #expect(differences.isEmpty, "\(differences.count) differ: \(differences.first ?? "")")
    }

    @Test("Of one check, a history has no two adjacent ranges in the same words, and none that overlap")
    func ranges() throws {
        for json in try oraclePods() {
            let history = Evaluator.history(of: try read(json))
            for (one, next) in zip(history, history.dropFirst()) where one.check == next.check {
                #expect(one.versions.upperBound <= next.versions.lowerBound)
                #expect(one.versions.upperBound < next.versions.lowerBound || one.description != next.description)
            }
        }
    }

    @Test("The versions of a violation end where the standard was relaxed or extended")
    func boundaries() throws {
        func ranges(_ json: String, _ check: CheckID) throws -> [Range<Int>] {
            Evaluator.history(of: try pod(json)).filter { $0.check == check }.map(\.versions)
        }
        #expect(try ranges(container(#"{"privileged":true}"#), .privileged) == [0..<Int.max])
        #expect(try ranges(container("{}"), .allowPrivilegeEscalation) == [8..<Int.max])
        let windows = #"{"spec":{"os":{"name":"windows"},"containers":[{"name":"a"}]}}"#
        #expect(try ranges(windows, .allowPrivilegeEscalation) == [8..<25])
        #expect(try ranges(windows, .seccompProfileRestricted) == [19..<25])
        let sysctls = #"{"sysctls":[{"name":"net.ipv4.tcp_rmem"},{"name":"net.ipv4.tcp_fin_timeout"}]}"#
        #expect(try ranges(ofPod(sysctls), .sysctls) == [0..<29, 29..<32])
        #expect(try ranges(ofPod(#"{"seLinuxOptions":{"type":"container_engine_t"}}"#), .seLinuxOptions) == [0..<31])
    }

    @Test("A version beyond every revision, and the latest, count as the newest")
    func newest() {
        let policy = EffectivePolicy(checks: .all, minor: .max)
        #expect(policy.forbids(.sysctls, in: 32..<Int.max) && !policy.forbids(.sysctls, in: 29..<32))
        #expect(!EffectivePolicy(checks: [], minor: .max).forbids(.sysctls, in: 0..<Int.max))
        #expect(EffectivePolicy(checks: [], minor: 31).isIn(29..<32))
    }

    @Test("Whoever does what the remedies of a violation say passes the check, in all versions of that violation")
    func remedies() throws {
        var mended: [CheckID: Int] = [:]
        var differences: [String] = []
        let cases = try (baselineCases + restrictedCases).map {
            try JSONDecoder().decode(JSONValue.self, from: Data($0.pod.utf8))
        }
        for (line, json) in try (oraclePods() + cases).enumerated() {
            for violation in Evaluator.history(of: try read(json)) {
                // What stands later in a list goes first, so that indices stay true.
                let pod = try read(violation.remedies.reversed().reduce(json) { try $0.following($1) })
                let left = [violation.versions.lowerBound, violation.versions.upperBound - 1].contains { minor in
                    Evaluator().failedChecks(of: pod, in: .minor(minor)).contains(CheckSet(violation.check))
                }
                mended[violation.check, default: 0] += 1
                if violation.remedies.isEmpty || left {
                    differences.append("line \(line + 1): \(violation), not mended by \(violation.remedies)")
                }
            }
        }
        #expect(Set(mended.keys) == Set(CheckID.allCases), "checks without a pod that fails them")
        #expect(differences.isEmpty, "\(differences.count) differ: \(differences.first ?? "")")
    }

    @Test(
        "A remedy names the field and what to set it to, or to remove it",
        arguments: [
            (container(#"{"privileged":true}"#), "spec.containers[0].securityContext.privileged: false"),
            (with(#""ports":[{"hostPort":80}]"#), "remove spec.containers[0].ports[0].hostPort"),
            (
                container(#"{"capabilities":{"add":["KILL","SYS_ADMIN"]}}"#),
                #"spec.containers[0].securityContext.capabilities.add: ["KILL"]"#
            ),
            (volumes(#"{"name":"v","hostPath":{"path":"/"}}"#), "remove spec.volumes[0].hostPath"),
            (
                annotated(#""container.apparmor.security.beta.kubernetes.io/b":"unconfined""#),
                "metadata.annotations[container.apparmor.security.beta.kubernetes.io/b]: runtime/default"
            ),
        ]
    )
    func wording(_ json: String, _ remedy: String) throws {
        #expect(Evaluator.history(of: try pod(json)).first?.remedies.map(\.description) == [remedy])
    }

    @Test("The subject of a remedy is its container or volume, wherever that stands; else the field")
    func subjects() throws {
        func subjects(_ json: String) throws -> [[String]] {
            Evaluator.history(of: try pod(json)).map { $0.remedies.map(\.subject) }
        }
        #expect(try subjects(#"{"spec":{"hostPID":true,"hostIPC":true}}"#) == [["spec.hostPID", "spec.hostIPC"]])
        #expect(
            try subjects(volumes(#"{"name":"a","emptyDir":{}},{"name":"b","hostPath":{}}"#)) == [["b"], ["b"]]
        )
        let privileged = #"{"securityContext":{"privileged":true},"name":"#
        #expect(
            try subjects(
                #"{"spec":{"initContainers":[\#(privileged)"i"}],"containers":[\#(privileged)"a"}]}}"#
            ).first == ["i", "a"]
        )
    }
}
