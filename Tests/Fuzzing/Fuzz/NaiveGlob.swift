/// A glob that tries everything: what `Glob` must agree with.
struct NaiveGlob {
    private enum Part {
        case star
        case one((UInt8) -> Bool)
    }

    private var parts: [Part] = []

    /// The parts of a pattern that is valid.
    init(_ pattern: String) {
        var rest = Array(pattern.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"): parts.append(.star)
            case UInt8(ascii: "?"): parts.append(.one { _ in true })
            case UInt8(ascii: "["):
                var set = rest.prefix { $0 != UInt8(ascii: "]") }
                rest = rest[set.endIndex...].dropFirst()
                let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
                if isNegated { set = set.dropFirst() }
                let members = Self.members(set)
                parts.append(.one { members.contains($0) != isNegated })
            default: parts.append(.one { $0 == byte })
            }
        }
    }

    private static func members(_ set: ArraySlice<UInt8>) -> Set<UInt8> {
        var set = set
        var members: Set<UInt8> = []
        while let lower = set.popFirst() {
            members.insert(lower)
            guard set.count > 1, set.first == UInt8(ascii: "-"), let upper = set.dropFirst().first else { continue }
            members.formUnion(lower...upper)
            set = set.dropFirst(2)
        }
        return members
    }

    /// Whether `name` fits: at each of its bytes, all parts that may have matched until there are known.
    func matches(_ name: [UInt8]) -> Bool {
        var reached = afterStars([0])
        for byte in name {
            var next: Set<Int> = []
            for index in reached where index < parts.count {
                switch parts[index] {
                case .star: next.insert(index)
                case .one(let matches): if matches(byte) { next.insert(index + 1) }
                }
            }
            reached = afterStars(next)
        }
        return reached.contains(parts.count)
    }

    private func afterStars(_ reached: Set<Int>) -> Set<Int> {
        var all = reached
        for index in parts.indices where all.contains(index) {
            if case .star = parts[index] { all.insert(index + 1) }
        }
        return all
    }
}
