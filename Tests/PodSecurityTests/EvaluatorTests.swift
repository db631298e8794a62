import KubernetesAPI
import PodSecurity
import Testing

@Suite struct EvaluatorTests {
    private static let nothingSet = #"{"containers":[{"name":"a"}]}"#
    private static let probe = #"{"containers":[{"name":"a","livenessProbe":{"httpGet":{"host":"h"}}}]}"#

    @Test("Privileged admits everything, and asks no check")
    func privileged() throws {
        let worst = try spec(#"{"hostPID":true,"containers":[{"name":"a","securityContext":{"privileged":true}}]}"#)
        for version in [Version.minor(0), .minor(36), .latest] {
            #expect(Evaluator().answer(worst, .privileged, version) == "allowed")
            #expect(Evaluator().checks(of: Policy(level: .privileged, version: version)).isEmpty)
        }
    }

    @Test("A message names policy, checks in the server's order, and particulars")
    func message() throws {
        let pod = try spec(
            #"""
            {"hostPID":true,"volumes":[{"name":"v","hostPath":{"path":"/"}}],"securityContext":{"runAsUser":0,"sysctls":
            [{"name":"kernel.msgmax"}]},"containers":[{"name":"a","securityContext":{"privileged":true}}]}
            """#
        )
        #expect(
            Evaluator().answer(pod, .baseline, .minor(24)) == #"violates PodSecurity "baseline:v1.24": "#
                + #"host namespaces (hostPID=true), hostPath volumes (volume "v"), "#
                + #"privileged (container "a" must not set securityContext.privileged=true), "#
                + #"forbidden sysctls (kernel.msgmax)"#
        )
        #expect(
            Evaluator().answer(pod, .restricted) == #"violates PodSecurity "restricted:latest": "#
                + #"host namespaces (hostPID=true), "#
                + #"privileged (container "a" must not set securityContext.privileged=true), "#
                + #"forbidden sysctls (kernel.msgmax), allowPrivilegeEscalation != false "#
                + #"(container "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities "#
                + #"(container "a" must set securityContext.capabilities.drop=["ALL"]), restricted volume types "#
                + #"(volume "v" uses restricted volume type "hostPath"), runAsNonRoot != true (pod or container "a" must "#
                + #"set securityContext.runAsNonRoot=true), runAsUser=0 (pod must not set runAsUser=0), seccompProfile "#
                + #"(pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#
        )
    }

    @Test("A reason without particulars stands without parentheses")
    func noDetail() throws {
        let pod = try spec(#"{"securityContext":{"sysctls":[{"name":""}]}}"#)
        #expect(Evaluator().answer(pod, .baseline) == #"violates PodSecurity "baseline:latest": forbidden sysctls"#)
    }

    @Test("A version that the server does not know yet is the newest that it knows, and keeps its name in the message")
    func clamping() throws {
        let pod = try spec(Self.probe)
        let message = #"probe or lifecycle host (container "a" uses probe or lifecycle host "h")"#
        for version in [Version.latest, .minor(34), .minor(36), .minor(99)] {
            let expected = "violates PodSecurity \"baseline:\(version)\": \(message)"
            #expect(Evaluator(serverMinor: 33).answer(pod, .baseline, version) == "allowed")
            #expect(Evaluator(serverMinor: 34).answer(pod, .baseline, version) == expected)
            #expect(Evaluator().answer(pod, .baseline, version) == expected)
        }
        #expect(Evaluator(serverMinor: 36).answer(pod, .baseline, .minor(33)) == "allowed")
    }

    @Test("Baseline has the checks of its version")
    func baselineChecks() {
        let old: CheckSet = CheckSet([
            .appArmorProfile, .capabilitiesBaseline, .hostNamespaces, .hostPathVolumes, .hostPorts, .privileged,
            .procMount, .seLinuxOptions, .seccompProfileBaseline, .sysctls, .windowsHostProcess,
        ])
        for minor in 0...36 {
            let checks = Evaluator().checks(of: Policy(level: .baseline, version: .minor(minor)))
            #expect(checks == (minor < 34 ? old : old.union(CheckSet(.hostProbesAndHostLifecycle))))
        }
    }

    @Test("Restricted has the checks of its version, without those of baseline that a stricter one replaces")
    func restrictedChecks() {
        var expected = CheckSet([
            .appArmorProfile, .capabilitiesBaseline, .hostNamespaces, .hostPorts, .privileged, .procMount,
            .seLinuxOptions, .seccompProfileBaseline, .sysctls, .windowsHostProcess, .restrictedVolumes, .runAsNonRoot,
        ])
        for minor in 0...36 {
            switch minor {
            case 8: expected.insert(CheckSet(.allowPrivilegeEscalation))
            case 19:
                expected.remove(CheckSet(.seccompProfileBaseline))
                expected.insert(CheckSet(.seccompProfileRestricted))
            case 22:
                expected.remove(CheckSet(.capabilitiesBaseline))
                expected.insert(CheckSet(.capabilitiesRestricted))
            case 23: expected.insert(CheckSet(.runAsUser))
            case 34: expected.insert(CheckSet(.hostProbesAndHostLifecycle))
            case 35:
                expected.remove(CheckSet(.procMount))
                expected.insert(CheckSet(.procMountRestricted))
            default: break
            }
            let checks = Evaluator().checks(of: Policy(level: .restricted, version: .minor(minor)))
            #expect(checks == expected, "v1.\(minor): \(checks.symmetricDifference(expected).checks)")
        }
    }

    @Test("Before v1.19 the annotations for seccomp count at restricted, too, and the fields do not")
    func oldSeccomp() throws {
        let pod = try pod(
            #"""
            {"metadata":{"annotations":{"seccomp.security.alpha.kubernetes.io/pod":"unconfined"}},"spec":{"securityContext":
            {"runAsNonRoot":true},"containers":[{"name":"a","securityContext":{"allowPrivilegeEscalation":false,
            "seccompProfile":{"type":"Unconfined"}}}]}}
            """#
        )
        #expect(
            Evaluator().answer(pod, .restricted, .minor(18))
                == #"violates PodSecurity "restricted:v1.18": seccompProfile "#
                + #"(forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")"#
        )
        #expect(
            Evaluator().answer(pod, .restricted, .minor(19))
                == #"violates PodSecurity "restricted:v1.19": seccompProfile "#
                + #"(container "a" must not set securityContext.seccompProfile.type to "Unconfined")"#
        )
    }

    @Test("The nineteen checks have ids of their own and come in the server's order: by level, then by id")
    func ids() {
        let checks = CheckID.allCases
        #expect(checks.count == 19)
        #expect(Set(checks.map(\.rawValue)).count == 19)
        #expect(Set(checks.map(\.controlID)).count == 19)
        #expect(checks.allSatisfy { id in id.controlID.allSatisfy { $0.isLowercase || $0 == "-" } })
        let restricted = Evaluator().checks(of: Policy(level: .restricted, version: .latest))
            .subtracting(Evaluator().checks(of: Policy(level: .baseline, version: .latest))).checks
        #expect(restricted.count == 7)
        #expect(checks == checks.filter { !restricted.contains($0) } + restricted)
        for half in [checks.filter { !restricted.contains($0) }, restricted] {
            #expect(half.map(\.rawValue) == half.map(\.rawValue).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
    }

    @Test("A set of checks holds each of them on its own, in four bytes")
    func checkSet() {
        #expect(MemoryLayout<CheckSet>.size == 4)
        #expect(CheckSet.all.checks == CheckID.allCases)
        for check in CheckID.allCases {
            #expect(CheckSet(check).checks == [check])
            #expect(CheckSet.all.subtracting(CheckSet(check)).checks == CheckID.allCases.filter { $0 != check })
        }
    }
}
