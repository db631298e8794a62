import KubernetesAPI
import PodSecurity
import Testing

private let forbiddenVolumeSources = [
    "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd",
    "flexVolume",
    "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk",
    "portworxVolume", "scaleIO", "storageos",
]

@Suite struct CheckTests {
    @Test(
        "Each check fails the pods that it should, in the versions in which it should",
        arguments: baselineCases + restrictedCases
    )
    func cases(_ each: CheckCase) throws {
        let pod = try pod(each.pod)
        let evaluator = Evaluator(serverMinor: 36)
        for minor in 0...36 {
            let failed = evaluator.failedChecks(of: pod, in: .minor(minor))
            let expected = each.fails?.contains(minor) ?? false
            #expect(failed.contains(CheckSet(each.check)) == expected, "in v1.\(minor)")
        }
        guard let minor = each.fails?.upperBound else { return }
        // At one of the two levels, the check is not replaced by another.
        let violations = [Level.baseline, .restricted].flatMap { level in
            evaluator.judge(pod, by: Policy(level: level, version: .minor(minor))).violations
        }
        #expect(violations.first { $0.check == each.check }?.description == each.message)
    }

    @Test("Each check has pods on both sides")
    func sides() {
        for check in CheckID.allCases {
            let cases = (baselineCases + restrictedCases).filter { $0.check == check }
            #expect(cases.contains { $0.fails == nil } && cases.contains { $0.fails != nil }, "\(check)")
        }
    }

    @Test("Each source of a volume that restricted forbids is named", arguments: forbiddenVolumeSources)
    func volumeSource(_ source: String) throws {
        let pod = try pod(volumes(#"{"name":"v","\#(source)":{}}"#))
        let violation = Evaluator().judge(pod, by: Policy(level: .restricted, version: .latest)).violations.first
        #expect(violation?.detail == #"volume "v" uses restricted volume type "\#(source)""#)
    }

    @Test("Values are compared byte for byte: what only looks like an allowed one is not")
    func lookalikes() throws {
        // The Kelvin sign is canonically equivalent to K, so that Swift's == takes these for equal.
        let pod = try pod(container("{\"capabilities\":{\"add\":[\"\u{212A}ILL\"]}}"))
        #expect("\u{212A}ILL" == "KILL")
        #expect(
            Evaluator().answer(pod, .baseline)
                == "violates PodSecurity \"baseline:latest\": non-default capabilities (container \"a\" must not include "
                + "\"\u{212A}ILL\" in securityContext.capabilities.add)"
        )
    }

    @Test("Values are listed in the order of their bytes")
    func order() throws {
        let pod = try pod(container(#"{"capabilities":{"add":["é","z","Z","e\u0301","é"]}}"#))
        #expect(Evaluator().answer(pod, .baseline).contains("include \"Z\", \"e\u{301}\", \"z\", \"é\" in"))
    }

    @Test(
        "Annotations are quoted as Go quotes them",
        arguments: [
            (#"a"b\"#, #"a\"b\\"#),
            ("\u{7}\u{8}\u{c}\n\r\t\u{b}", #"\a\b\f\n\r\t\v"#),
            ("\u{0}\u{1b}\u{7f}", #"\x00\x1b\x7f"#),
            ("é ☃ 😀", "é ☃ 😀"), ("\u{a0}\u{200b}\u{2028}\u{e000}\u{feff}", #"\u00a0\u200b\u2028\ue000\ufeff"#),
            ("\u{e0001}", #"\U000e0001"#),
        ]
    )
    func quoting(_ value: String, _ quoted: String) throws {
        let key = "container.apparmor.security.beta.kubernetes.io/a"
        let pod = PodTemplateSpec(annotations: [key: value], spec: PodSpec())
        #expect(Evaluator().answer(pod, .baseline).hasSuffix("\"\(key)=\"\(quoted)\"\")"))
    }
}
