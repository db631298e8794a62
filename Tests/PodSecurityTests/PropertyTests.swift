import Foundation
import KubernetesAPI
import PodSecurity
import Testing

/// SplitMix64, so that a failure's seed brings it back.
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Pods whose every field is set or not at random, to values on both sides of the standards.
private struct PodMaker {
    var random: Generator

    mutating func pod() -> JSONValue {
        .object([
            "metadata": .object(["annotations": object(annotations)]),
            "spec": object([
                ("hostNetwork", bools), ("hostPID", bools), ("hostIPC", bools), ("hostUsers", bools),
                ("os", [["name": "linux"], ["name": "windows"]]), ("volumes", [.array(list(of: volumes, upTo: 3))]),
                ("securityContext", [securityContext()]), ("containers", [.array(containers("c"))]),
                ("initContainers", [.array(containers("i"))]), ("ephemeralContainers", [.array(containers("e"))]),
            ]),
        ])
    }

    private let bools: [JSONValue] = [true, false, false, .null]
    private let profiles: [JSONValue] = [
        ["type": "RuntimeDefault"], ["type": "Localhost"], ["type": "Unconfined"], ["type": "Odd"], [:], .null,
    ]
    private let annotations: [(String, [JSONValue])] =
        ["a", "c0", "i1"].map {
            (
                "container.apparmor.security.beta.kubernetes.io/" + $0,
                ["unconfined", "runtime/default", "localhost/x", ""]
            )
        }
        + ["seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/c0"].map {
            ($0, ["unconfined", "runtime/default", "docker/default", ""])
        }
    private let capabilities = ["ALL", "all", "NET_BIND_SERVICE", "KILL", "SYS_ADMIN"].map(JSONValue.string)
    private let sysctls = ["kernel.msgmax", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_rmem", "net.ipv4.tcp_fin_timeout"]
        .map { JSONValue.object(["name": .string($0), "value": "1"]) }
    private let volumes: [JSONValue] = [
        ["name": "v", "hostPath": ["path": "/"]], ["name": "w", "emptyDir": [:]], ["name": "x", "nfs": [:]],
        ["name": "y", "other": [:]], ["name": "z"], ["name": "u", "image": [:]],
    ]

    private mutating func object(_ fields: [(String, [JSONValue])]) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for (key, values) in fields where Bool.random(using: &random) {
            members[key] = values.randomElement(using: &random)
        }
        return .object(members)
    }

    private mutating func list(of values: [JSONValue], upTo count: Int) -> [JSONValue] {
        (0..<Int.random(in: 0...count, using: &random)).compactMap { _ in values.randomElement(using: &random) }
    }

    private mutating func containers(_ prefix: String) -> [JSONValue] {
        (0..<Int.random(in: 0...2, using: &random)).map { number in
            let handlers: [JSONValue] = [
                ["httpGet": ["port": 1, "host": "h"]], ["tcpSocket": ["port": 1, "host": ""]], ["exec": [:]],
            ]
            var container = object([
                ("securityContext", [securityContext()]), ("livenessProbe", handlers), ("startupProbe", handlers),
                ("readinessProbe", handlers), ("lifecycle", handlers.map { ["preStop": $0] }),
                ("ports", [[["containerPort": 80]], [["containerPort": 81, "hostPort": 81]]]),
            ])
            container["name"] = .string("\(prefix)\(number)")
            return container
        }
    }

    private mutating func securityContext() -> JSONValue {
        let lists = [
            object([
                ("add", [.array(list(of: capabilities, upTo: 2))]), ("drop", [.array(list(of: capabilities, upTo: 3))]),
            ])
        ]
        return object([
            ("privileged", bools), ("allowPrivilegeEscalation", bools), ("runAsNonRoot", bools), ("runAsUser", [0, 1]),
            ("procMount", ["Default", "Unmasked"]), ("capabilities", lists), ("seccompProfile", profiles),
            ("appArmorProfile", profiles), ("windowsOptions", [["hostProcess": true], ["hostProcess": false], [:]]),
            (
                "seLinuxOptions",
                [["type": "container_t"], ["type": "container_engine_t"], ["user": "u"], ["role": "r"]]
            ),
            ("sysctls", [.array(list(of: sysctls, upTo: 3))]),
        ])
    }
}

@Suite struct PropertyTests {
    private static let seed = UInt64.random(in: .min ... .max)

    private static func pods(_ count: Int) throws -> [PodTemplateSpec] {
        var maker = PodMaker(random: Generator(state: seed))
        return try (0..<count).map { _ in
            try JSONReader.read(PodTemplateSpec.self, from: JSONEncoder().encode(maker.pod()))
        }
    }

    private static let policies = [Level.baseline, .restricted].flatMap { level in
        ([0, 7, 8, 18, 19, 21, 22, 23, 25, 27, 29, 31, 32, 33, 34, 35].map(Version.minor) + [.latest])
            .map { Policy(level: level, version: $0) }
    }

    @Test("What baseline refuses, restricted of the same version refuses")
    func levels() throws {
        // The relaxations of a level's checks are never wider at the stricter level.
        let replacements: [CheckID: CheckID] = [
            .capabilitiesBaseline: .capabilitiesRestricted, .hostPathVolumes: .restrictedVolumes,
            .procMount: .procMountRestricted, .seccompProfileBaseline: .seccompProfileRestricted,
        ]
        var refused = 0
        for pod in try Self.pods(250) where !(pod.spec.isForWindows) {
            for policy in Self.policies where policy.level == .baseline {
                let baseline = Evaluator().judge(pod, by: policy).failedChecks
                let restricted = Evaluator().judge(pod, by: Policy(level: .restricted, version: policy.version))
                    .failedChecks
                refused += baseline.isEmpty ? 0 : 1
                for check in baseline.checks {
                    let isStill =
                        restricted.contains(CheckSet(check))
                        || replacements[check].map { restricted.contains(CheckSet($0)) } ?? false
                    #expect(isStill, "seed \(Self.seed), \(policy.version): \(check)")
                }
            }
        }
        #expect(refused > 500)
    }

    @Test("The order of containers, volumes and sysctls bears on words, not on the verdict")
    func order() throws {
        var random = Generator(state: Self.seed)
        for pod in try Self.pods(100) {
            var shuffled = pod
            shuffled.spec.containers.shuffle(using: &random)
            shuffled.spec.initContainers.shuffle(using: &random)
            shuffled.spec.ephemeralContainers.shuffle(using: &random)
            shuffled.spec.volumes.shuffle(using: &random)
            shuffled.spec.securityContext?.sysctls?.shuffle(using: &random)
            for policy in Self.policies {
                #expect(
                    Evaluator().judge(shuffled, by: policy).failedChecks
                        == Evaluator().judge(pod, by: policy).failedChecks,
                    "seed \(Self.seed), \(policy)"
                )
            }
        }
    }

    @Test("It makes no difference to a container's verdict whether it is an init, an ordinary or an ephemeral one")
    func kindsOfContainers() throws {
        for pod in try Self.pods(100) {
            var moved = pod
            moved.spec.initContainers = pod.spec.ephemeralContainers
            moved.spec.containers = pod.spec.initContainers
            moved.spec.ephemeralContainers = pod.spec.containers
            for policy in Self.policies {
                #expect(
                    Evaluator().judge(moved, by: policy).failedChecks
                        == Evaluator().judge(pod, by: policy).failedChecks,
                    "seed \(Self.seed), \(policy)"
                )
            }
        }
    }

    @Test("The digest of a version answers for both levels, and a message is there exactly when a pod is refused")
    func digest() throws {
        for pod in try Self.pods(100) {
            for policy in Self.policies {
                let evaluator = Evaluator(serverMinor: 36)
                let verdict = evaluator.judge(pod, by: policy)
                let digest = evaluator.failedChecks(of: pod, in: policy.version)
                #expect(
                    digest.intersection(evaluator.checks(of: policy)) == verdict.failedChecks,
                    "seed \(Self.seed), \(policy)"
                )
                #expect((verdict.message == nil) == verdict.allowed)
                #expect(verdict.violations.map(\.check) == verdict.failedChecks.checks)
                #expect(verdict.violations.allSatisfy { !$0.summary.isEmpty })
            }
        }
    }

    @Test("A version that the server knows is judged alike by every server that knows it")
    func servers() throws {
        for pod in try Self.pods(100) {
            for policy in Self.policies {
                guard case .minor(let minor) = policy.version else { continue }
                let answers = (minor...36).map { Evaluator(serverMinor: $0).judge(pod, by: policy).message }
                #expect(Set(answers).count == 1, "seed \(Self.seed), \(policy)")
            }
        }
    }

    @Test("A document that is damaged at random is judged or refused, and never stops the process")
    func damage() throws {
        var random = Generator(state: Self.seed)
        var maker = PodMaker(random: random)
        var read = 0
        for _ in 0..<100 {
            let bytes = [UInt8](try JSONEncoder().encode(maker.pod()))
            for _ in 0..<10 {
                let damaged = Self.damage(bytes, &random)
                do {
                    let pod = try JSONReader.read(PodTemplateSpec.self, from: damaged)
                    read += 1
                    for policy in [
                        Policy(level: .baseline, version: .minor(0)), Policy(level: .restricted, version: .latest),
                    ] {
                        _ = Evaluator().judge(Evaluator.asCreated(pod), by: policy).message
                    }
                } catch {
                    #expect(!FieldError(error).expected.isEmpty)
                }
            }
        }
        #expect(read > 100, "seed \(Self.seed): most were refused, so that little was judged")
    }

    /// A token replaced by another of JSON's, a piece cut out, or bytes changed.
    private static func damage(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = bytes
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1:
            bytes.removeSubrange(at..<min(at + Int.random(in: 1...8, using: &random), bytes.count))
        default:
            let text = String(decoding: bytes, as: UTF8.self)
            let tokens = [
                "true", "false", "null", "0", "-1", "1e400", "{}", "[]", "[null]", #""""#, #""\u0000""#, #""é""#,
            ]
            let old = ["true", "false", "{}", "[]", "0", "1", "80", #""Unconfined""#, #""h""#].randomElement(
                using: &random
            )
            let new = tokens.randomElement(using: &random)
            guard let old, let new, let range = text.range(of: ":" + old) else { return bytes }
            return [UInt8](text.replacingCharacters(in: range, with: ":" + new).utf8)
        }
        return bytes
    }
}

extension PodSpec {
    fileprivate var isForWindows: Bool { osName == "windows" }
}
