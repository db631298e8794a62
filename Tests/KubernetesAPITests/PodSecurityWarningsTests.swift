import KubernetesAPI
import Testing

/// What the server says when a namespace is to enforce another policy, as `admission.go` has it.
@Suite struct PodSecurityWarningsTests {
    private static let headline =
        #"existing pods in namespace "team-a" violate the new PodSecurity enforce level "baseline:v1.36""#

    @Test(
        "Each line below the headline is a refusal, and is read as it is written",
        arguments: [
            ("web-6d4b: privileged", "web-6d4b", 0, "privileged"),
            ("web-6d4b (and 1 other pod): host namespaces, privileged", "web-6d4b", 1, "host namespaces, privileged"),
            ("web.a-0 (and 12 other pods): seccompProfile", "web.a-0", 12, "seccompProfile"),
            (
                #"a: unrestricted capabilities (container "a: b")"#, "a", 0,
                #"unrestricted capabilities (container "a: b")"#
            ),
        ]
    )
    func refusal(_ text: String, _ pod: String, _ others: Int, _ reason: String) {
        let warnings = PodSecurityWarnings([Self.headline, text])
        #expect(warnings.refusals == [.init(pod: pod, others: others, reason: reason)])
        #expect(warnings.refusals.map(\.description) == [text])
        #expect(warnings.gaps.isEmpty && !warnings.isExempt && warnings.others.isEmpty)
    }

    @Test("A namespace that the server's configuration exempts is known by that")
    func exempt() {
        let text =
            #"namespace "team-a" is exempt from Pod Security, and the policy (enforce=baseline:v1.36) will be ignored"#
        let warnings = PodSecurityWarnings([text])
        #expect(warnings.isExempt && warnings.refusals.isEmpty && warnings.gaps.isEmpty && warnings.others.isEmpty)
    }

    @Test(
        "Where not all pods were looked at, more may be refused than is said",
        arguments: [
            "new PodSecurity enforce level only checked against the first 3000 of 3001 existing pods",
            "failed to list pods while checking new PodSecurity enforce level",
        ]
    )
    func gap(_ text: String) {
        #expect(PodSecurityWarnings([text]).gaps == [text])
        let both = PodSecurityWarnings([text, Self.headline, "a: privileged"])
        #expect(both.gaps == [text] && both.refusals.map(\.pod) == ["a"] && both.others.isEmpty)
    }

    @Test("What others warn of is theirs, before the headline and after it")
    func others() {
        let foreign = ["metadata.finalizers: prefer a domain-qualified name", "Use of labels is deprecated"]
        let warnings = PodSecurityWarnings(foreign + [Self.headline, "a: privileged", "Policy X: not met"])
        #expect(warnings.others == foreign + ["Policy X: not met"])
        #expect(warnings.refusals.map(\.pod) == ["a"] && warnings.gaps.isEmpty)
        #expect(PodSecurityWarnings(["a: privileged"]).others == ["a: privileged"], "there is no headline")
        #expect(PodSecurityWarnings([#"would violate PodSecurity "restricted:latest": seccompProfile"#]).others.isEmpty)
    }

    @Test("A line that is cut after 256 characters tells of its pod, or that something is missing")
    func cutLine() {
        let long = String(("web (and 2 other pods): " + String(repeating: "ä, ", count: 200)).prefix(256))
        let cut = PodSecurityWarnings([Self.headline, long])
        #expect(cut.refusals.map(\.pod) == ["web"] && cut.refusals.map(\.others) == [2] && cut.gaps.isEmpty)
        let name = String(repeating: "a", count: 250)
        let nameOnly = PodSecurityWarnings([Self.headline, "b: privileged", String("\(name) (and 2 other".prefix(256))])
        #expect(nameOnly.refusals.map(\.pod) == ["b"])
        #expect(nameOnly.gaps.count == 1 && nameOnly.others.isEmpty)
    }

    @Test(
        "Once there are 4096 characters, what follows is left out, and not taken for nothing",
        arguments: [15, 16, 17]
    )
    func cutOff(_ lines: Int) {
        let texts = (0..<lines).map { "\($0)".count == 1 ? "pod-0\($0): " : "pod-\($0): " }
            .map { $0 + String(repeating: "x", count: 256 - $0.count) }
        let warnings = PodSecurityWarnings([Self.headline] + texts)
        #expect(warnings.refusals.count == lines)
        let isCutOff = lines * 256 + Self.headline.count >= 4096
        #expect(warnings.isCutOff == isCutOff && warnings.gaps.isEmpty != isCutOff)
        // The server's own lines may be among what was left out.
        let foreign = PodSecurityWarnings(Array(repeating: String(repeating: "Y", count: 256), count: lines))
        #expect(foreign.isCutOff == (lines * 256 >= 4096) && foreign.gaps.isEmpty != foreign.isCutOff)
    }

    @Test("A headline alone says that something is refused, and not what")
    func headlineAlone() {
        #expect(PodSecurityWarnings([Self.headline]).gaps.count == 1)
    }
}
