import ControllerRuntime
import TestSupport
import Testing

@testable import HardeningController

@Suite struct NamespaceGateTests {
    @Test("S8: A namespace may be looked at once the list of pods has come to the next, and those without pods with it")
    func passes() {
        let gate = NamespaceGate()
        #expect(gate.admit(["a", "b", "c", "d"]) == [])
        #expect(gate.note(.shown(namespace: "b")) == ["a"])
        #expect(gate.note(.shown(namespace: "b")) == [])
        #expect(gate.admit(["a", "b"]) == ["a"])
        #expect(gate.note(.shown(namespace: "d")) == ["b", "c"])
        #expect(gate.note(.ended) == ["d"])
        #expect(gate.admit(["e"]) == ["e"])
    }

    @Test("The list's order is that of etcd's keys, in which a hyphen comes before the end of a name")
    func order() {
        let gate = NamespaceGate()
        #expect(gate.admit(["a", "a-b"]) == [])
        #expect(gate.note(.shown(namespace: "a-b")) == [])
        #expect(gate.note(.shown(namespace: "a")) == ["a-b"])
        #expect(gate.note(.shown(namespace: "ab")) == ["a"])
    }

    @Test("S8: What is listed in any other order is waited for to its end")
    func disorder() {
        let gate = NamespaceGate()
        #expect(gate.admit(["a", "b", "c", "d"]) == [])
        #expect(gate.note(.shown(namespace: "c")) == ["a", "b"])
        #expect(gate.note(.shown(namespace: "a")) == [])
        #expect(gate.note(.shown(namespace: "e")) == [])
        #expect(gate.admit(["a"]) == [])
        #expect(Set(gate.note(.ended)) == ["a", "c", "d"])
    }

    @Test("A list that begins anew has shown nothing; one that cannot be had is not waited for")
    func again() {
        let gate = NamespaceGate()
        #expect(gate.note(.shown(namespace: "c")) == [])
        #expect(gate.note(.began) == [])
        #expect(gate.admit(["a", "b"]) == [])
        #expect(gate.open() == ["a", "b"])
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
        for (position, name) in listed.enumerated() {
            given += gate.note(.shown(namespace: name))
            #expect(given == Array(listed[..<position]), "seed \(random.seed)")
        }
        given += gate.note(.ended)
        #expect(given == listed, "seed \(random.seed)")
    }
}
