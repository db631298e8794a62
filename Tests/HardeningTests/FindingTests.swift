import KubernetesAPI
import TestSupport
import Testing

@testable import Hardening

@Suite struct FindingTests {
    private func finding(_ severity: Severity, _ namespace: String, _ message: String = "m") -> Finding {
        Finding(
            namespace: namespace,
            control: .podSecurity,
            severity: severity,
            reason: .podSecurityLabelWeak,
            message: message
        )
    }

    @Test("The most severe finding comes first, then the name decides")
    func order() {
        let findings = [
            finding(.critical, "z"), finding(.high, "a"), finding(.high, "b", "1"), finding(.high, "b", "2"),
            finding(.medium, "a"), finding(.low, "a"), finding(.info, "a"),
        ]
        #expect(findings.shuffled().sorted() == findings)
        #expect(Severity.allCases.sorted() == Severity.allCases)
    }

    @Test("Only what is worth knowing does not count against compliance")
    func violations() {
        #expect(Severity.allCases.filter { finding($0, "a").isViolation } == [.critical, .high, .medium, .low])
    }

    @Test("A message is cut to 512 Unicode scalars, whatever characters they make")
    func bound() {
        for message in [String(repeating: "a", count: 513), "e" + String(repeating: "\u{301}", count: 100_000)] {
            let cut = finding(.high, "a", message).message
            #expect(cut.unicodeScalars.count == 512)
            #expect(cut.hasSuffix("..."))
        }
        let fits = String(repeating: "ä", count: 512)
        #expect(finding(.high, "a", fits).message == fits)
    }
}

@Suite struct VerdictTests {
    @Test("A verdict sorts its findings and is compliant unless one of them is a violation")
    func compliance() {
        func finding(_ severity: Severity) -> Finding {
            Finding(namespace: "a", control: .networkPolicy, severity: severity, reason: .allowAllPolicy, message: "m")
        }
        #expect(Verdict(control: .networkPolicy, mode: .audit, findings: []).isCompliant)
        #expect(Verdict(control: .networkPolicy, mode: .audit, findings: [finding(.info)]).isCompliant)
        let verdict = Verdict(control: .networkPolicy, mode: .audit, findings: [finding(.info), finding(.low)])
        #expect(!verdict.isCompliant)
        #expect(verdict.findings.map(\.severity) == [.low, .info])
    }
}

@Suite struct PreviousTests {
    @Test("What is remembered is read back, of values that were set and of those that were not")
    func roundTrip() {
        var random = SeededGenerator()
        for _ in 0..<500 {
            var previous = Previous()
            for key in ["automountServiceAccountToken", "pod-security.kubernetes.io/enforce", "a", "b.c/d"] {
                switch Int.random(in: 0..<3, using: &random) {
                case 0: break
                case 1: previous.values[key] = .some(nil)
                default: previous.values[key] = ["", "true", "v1.34", "a-b_c.D"].randomElement(using: &random)
                }
            }
            let text = previous.annotation
            #expect(Previous(annotation: text) == previous, "seed \(random.seed): \(text)")
            #expect(Previous(annotation: text).annotation == text, "seed \(random.seed): \(text)")
        }
    }

    @Test("Keys stand in order, so that equal memories are equal bytes")
    func bytes() {
        var previous = Previous()
        previous.values["b"] = "1"
        previous.values["a"] = .some(nil)
        #expect(previous.annotation == #"{"a":null,"b":"1"}"#)
        #expect(Previous().annotation == "{}")
    }

    @Test(
        "What somebody broke is as good as forgotten",
        arguments: [nil, "", "x", "[]", "null", "{", #"{"a":1}"#, #"{"a":{"b":"c"}}"#, "{\"a\":\"b\"} x"]
    )
    func broken(_ annotation: String?) {
        #expect(Previous(annotation: annotation) == Previous())
    }

    @Test(
        "Keys that would be one, or stand in another order, once they are written again are forgotten",
        arguments: [#"{"a\u0000":"x","a":"y"}"#, #"{"\u0001z":null,"b":"c"}"#, #"{"\\a":"1","Z":"2"}"#]
    )
    func keysAlike(_ annotation: String) {
        let written = Previous(annotation: annotation).annotation
        #expect(Previous(annotation: written).annotation == written)
    }

    @Test("A key or value cannot break out of the annotation")
    func quoting() {
        var previous = Previous()
        previous.values["a\"b\\c\n"] = "x\",\"y\":\"z"
        #expect(Previous(annotation: previous.annotation).values == ["abc": "x,y:z"])
    }
}

@Suite struct OperationTests {
    @Test("An operation says in words what it does")
    func description() {
        func text(_ target: Hardening.Operation.Target, _ verb: Hardening.Operation.Verb) -> String {
            "\(Operation(namespace: "n", target: target, verb: verb))"
        }
        #expect(text(.namespace, .apply([:])) == "apply Namespace n")
        #expect(text(.networkPolicy("p"), .delete(uid: "u")) == "delete NetworkPolicy n/p")
        #expect(text(.serviceAccount("s"), .merge([:])) == "restore ServiceAccount n/s")
        #expect(text(.limitRange("l"), .apply([:])) == "apply LimitRange n/l")
    }

    @Test("A plan leaves empty steps out")
    func emptySteps() {
        #expect(Plan([.init(control: .limitRange, operations: [])]).isEmpty)
    }
}
