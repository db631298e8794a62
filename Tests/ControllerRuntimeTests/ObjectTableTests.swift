import KubernetesAPI
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("A table of objects")
struct ObjectTableTests {
    struct Named: Equatable, Sendable {
        var name: String
        var number: Int
    }

    @Test(
        "holds what a dictionary would, few objects or many, whether the values say their names or not",
        arguments: seeds,
        [true, false]
    )
    func dictionary(seed: UInt64, saysName: Bool) {
        var generator = SeededGenerator(seed: seed)
        let ofValue: ObjectTable<Named>.NameOf = { (value: Named) -> String in value.name }
        var table = ObjectTable<Named>(nameOf: saysName ? ofValue : nil)
        var expected: [String: Named] = [:]
        let most = [3, 30, 300].randomElement(using: &generator) ?? 3
        for number in 0..<10 * most {
            let name = "web-\(Int.random(in: 0..<most, using: &generator))"
            // It grows, then shrinks.
            let isRemoval = Int.random(in: 0..<10 * most, using: &generator) < number
            let value = isRemoval ? nil : Named(name: name, number: number)
            expected[name] = value
            table[name] = value.map { value in
                ObjectTable<Named>.Entry(value: value, resourceVersion: ResourceVersion("\(number)"), mark: 0)
            }
            if Int.random(in: 0..<most, using: &generator) == 0 {
                for number in 0..<most {
                    #expect(table["web-\(number)"]?.value == expected["web-\(number)"])
                }
            }
        }
        let all = table.entries.indices.map { (table.name(at: $0), table.entries[$0].value) }
        #expect(Dictionary(all) { left, _ in left } == expected)
        #expect(all.count == expected.count && table.isEmpty == expected.isEmpty)
        for name in expected.keys { table[name] = nil }
        #expect(table.isEmpty && table["web-0"] == nil)
    }

    @Test("changes what is kept of an object, and nothing of one that is not there")
    func updates() {
        var table = ObjectTable<Named>(nameOf: nil)
        table["a"] = .init(value: Named(name: "a", number: 1), resourceVersion: .init("1"), mark: 1)
        #expect(table.update("a") { $0.mark = 2 } != nil)
        #expect(table.update("b") { $0.mark = 2 } == nil)
        #expect(table["a"]?.mark == 2 && table.entries.count == 1)
    }
}
