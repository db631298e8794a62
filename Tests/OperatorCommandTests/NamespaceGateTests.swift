import ControllerRuntime
import TestSupport
import Testing

@testable import HardeningController

@Suite struct NamespaceGateTests {
    @Test("S8: A namespace may be looked at once a page has ended beyond it, and those without pods with it")
    func passes() {
        let gate = NamespaceGate()
        #expect(gate.admit(["a", "b", "c", "d", "e"]) == [])
        #expect(gate.page("b", "b", "d") == ["a", "b", "c"])
        #expect(gate.admit(["a", "d"]) == ["a"])
        #expect(gate.page("d", "d") == [])
        #expect(gate.page("e") == ["d"])
        #expect(gate.note(.ended) == ["e"])
        #expect(gate.isOpen)
        #expect(gate.admit(["f"]) == ["f"])
    }

    @Test("S8: A list that comes in one piece lets nothing pass before its end")
    func whole() {
        let gate = NamespaceGate()
        #expect(gate.admit(["a", "b"]) == [])
        for namespace in ["a", "b", "c"] { #expect(gate.note(.shown(namespace: namespace)) == []) }
        #expect(gate.admit(["a"]) == [])
        #expect(gate.note(.ended) == ["a", "b"])
    }

    @Test("The list's order is that of etcd's keys, in which a hyphen comes before the end of a name")
    func order() {
        let gate = NamespaceGate()
        #expect(gate.admit(["a", "a-b"]) == [])
        #expect(gate.page("a-b") == [])
        #expect(gate.page("a") == ["a-b"])
        #expect(gate.page("ab") == ["a"])
    }

    @Test("S8: What is listed in any other order is waited for to its end", arguments: [false, true])
    func disorder(isWithinPage: Bool) {
        let gate = NamespaceGate()
        #expect(gate.admit(["a", "b", "c", "d"]) == [])
        if isWithinPage {
            #expect(gate.page("c", "a", "e") == [])
        } else {
            #expect(gate.page("c") == ["a", "b"])
            #expect(gate.page("a", "e") == [])
        }
        #expect(gate.page("f") == [])
        #expect(gate.admit(["a"]) == [])
        #expect(Set(gate.note(.ended)) == (isWithinPage ? ["a", "b", "c", "d"] : ["a", "c", "d"]))
    }

    @Test("A list that begins anew has shown nothing; one that cannot be had is not waited for")
    func again() {
        let gate = NamespaceGate()
        #expect(gate.page("c") == [])
        #expect(gate.note(.began) == [])
        #expect(gate.admit(["a", "b"]) == [])
        #expect(!gate.isOpen)
        #expect(gate.open() == ["a", "b"])
        #expect(gate.isOpen)
        #expect(gate.admit(["c"]) == ["c"])
    }

    @Test("Whatever waits, each is given out once, and none before its pods have been listed")
    func law() {
        var random = SeededGenerator()
        let names = (0..<60).map { _ in
            String((0..<Int.random(in: 1...3, using: &random)).map { _ in "ab-c".randomElement(using: &random) ?? "a" })
        }
        let listed = Set(names).sorted { "\($0)/".utf8.lexicographicallyPrecedes("\($1)/".utf8) }
        let gate = NamespaceGate()
        var given = gate.admit(Set(names).shuffled(using: &random))
        #expect(given.isEmpty, "seed \(random.seed)")
        var shown = 0
        while shown < listed.count {
            let page = listed[shown..<min(listed.count, shown + Int.random(in: 1...9, using: &random))]
            for name in page { #expect(gate.note(.shown(namespace: name)) == [], "seed \(random.seed)") }
            given += gate.note(.pageEnded)
            shown += page.count
            #expect(given == Array(listed[..<(shown - 1)]), "seed \(random.seed)")
        }
        given += gate.note(.ended)
        #expect(given == listed, "seed \(random.seed)")
    }
}

extension NamespaceGate {
    // What a page lets pass that shows objects of these namespaces.
    fileprivate func page(_ namespaces: String...) -> [String] {
        namespaces.flatMap { note(.shown(namespace: $0)) } + note(.pageEnded)
    }
}
