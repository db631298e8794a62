/// What the text of a YAML document says of its aliases before anything is made of them.
///
/// Composing a document compares the keys of each mapping. With keys that are collections of aliases of collections of
/// aliases that alone would never end.
package struct YAMLAliases {
    // Far beyond what anybody writes, far below what a stack holds.
    private static let longestChain = 2000

    private var anchors = 0
    private var aliases = 0
    // Whether something else than text may stand as a key.
    private var mayHaveComplexKeys = false

    /// Counts what looks like anchors and aliases in `text`; a block of text in it may look so too.
    package init(_ text: String) {
        var text = text
        self = text.withUTF8 { YAMLAliases(bytes: $0) }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        var names = Set<String>()
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "&") where bytes.mayBeginNode(at: index):
                let name = bytes.name(after: index)
                guard !name.isEmpty else { continue }
                anchors += 1
                names.insert(String(decoding: name, as: UTF8.self))
            case UInt8(ascii: "*") where bytes.mayBeginNode(at: index):
                let name = bytes.name(after: index)
                guard !name.isEmpty, names.contains(String(decoding: name, as: UTF8.self)) else { continue }
                aliases += 1
                if bytes.hasColon(at: name.endIndex) { mayHaveComplexKeys = true }
            case UInt8(ascii: "?") where index + 1 == bytes.endIndex || bytes[index + 1].isBlank:
                mayHaveComplexKeys = true
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if bytes.hasColon(at: index + 1) { mayHaveComplexKeys = true }
            default: break
            }
        }
    }

    /// Why reading the document might take forever or too deep a stack; `nil` if it does not.
    package var problem: String? {
        // A chain of anchors, each of a value with the one before in it, nests as deep as it is long.
        guard min(anchors, aliases) <= Self.longestChain else { return "more than \(Self.longestChain) aliases" }
        guard mayHaveComplexKeys, anchors > 0 else { return nil }
        // With n aliases in k steps, each of them may stand for (n/k)^k values, and no way of spreading them gives more.
        var values = 1.0
        for steps in 1...anchors {
            let each = Double(aliases) / Double(steps)
            guard each > 1 else { break }
            var product = 1.0
            for _ in 0..<min(steps, 64) { product *= each }
            values = max(values, product)
        }
        return values <= 1_000_000 ? nil : "aliases that may stand for too many values beside a key that is no text"
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func mayBeginNode(at index: Int) -> Bool {
        guard index > 0 else { return true }
        let before = self[index - 1]
        return before.isBlank || "[{,:".utf8.contains(before)
    }

    fileprivate func name(after index: Int) -> Slice<Self> {
        let name = self[(index + 1)...]
        return name[..<(name.firstIndex { !$0.isNamePart } ?? endIndex)]
    }

    fileprivate func hasColon(at index: Int) -> Bool {
        self[index...].first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: ":")
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { " \t\n\r".utf8.contains(self) }

    fileprivate var isNamePart: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
