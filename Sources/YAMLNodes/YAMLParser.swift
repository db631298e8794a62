/// Reads the documents of a YAML text, which anybody may have written.
///
/// It takes time and memory as the text is long: what an alias stands for is shared, not copied. Who walks through a
/// document sees all of it, and has to bound that: a few lines may stand for more values than anybody can count.
package struct YAMLParser: ~Copyable {
    /// How deep values may stand in one another, counting in what aliases stand for: whoever walks through a document, or
    /// only lets go of it, takes some stack for each level.
    package static let maximumDepth = 800

    private var events: YAMLEvents

    /// A parser at the beginning of `text`.
    package init(_ text: String) throws(YAMLError) {
        events = try YAMLEvents(text)
    }

    /// The next document; `nil` after the last.
    package mutating func next() throws(YAMLError) -> YAMLNode? {
        guard case .documentStart = try events.next().event else { return nil }
        var composition = Composition()
        while true {
            let (event, line) = try events.next()
            switch event {
            case .scalar(let scalar, let anchor):
                composition.add(.init(node: .init(content: .scalar(scalar), line: line), height: 0), anchor: anchor)
            case .alias(let name): try composition.addAlias(name, line: line)
            case .sequenceStart(let anchor): try composition.begin(.sequence, anchor: anchor, line: line)
            case .mappingStart(let anchor): try composition.begin(.mapping, anchor: anchor, line: line)
            case .collectionEnd: try composition.end()
            case .documentStart, .documentEnd, .end: return composition.root
            }
        }
    }

    /// The document, if there is one; several are an error.
    package mutating func onlyDocument() throws(YAMLError) -> YAMLNode? {
        guard let document = try next() else { return nil }
        let (event, line) = try events.next()
        guard case .end = event else { throw .invalid(problem: "but found another document", line: line) }
        return document
    }
}

/// A document while it is read.
private struct Composition {
    enum Kind { case sequence, mapping }

    /// A value that is complete, and how many levels are below it.
    struct Value {
        let node: YAMLNode
        let height: Int
    }

    private struct Collection {
        let kind: Kind
        let anchor: String?
        let line: Int
        // Of a mapping, keys and values in turn.
        var parts: [YAMLNode] = []
        var height = 1
    }

    private(set) var root: YAMLNode?
    private var open: [Collection] = []
    private var anchors: [String: Value] = [:]

    mutating func begin(_ kind: Kind, anchor: String?, line: Int) throws(YAMLError) {
        try checkDepth(adding: 1, line: line)
        open.append(Collection(kind: kind, anchor: anchor, line: line))
    }

    mutating func end() throws(YAMLError) {
        guard let collection = open.popLast() else { return }
        let content: YAMLNode.Content
        switch collection.kind {
        case .sequence: content = .sequence(collection.parts)
        case .mapping:
            let members = stride(from: 0, to: collection.parts.count - 1, by: 2).map {
                YAMLNode.Member(key: collection.parts[$0], value: collection.parts[$0 + 1])
            }
            if let duplicate = Self.duplicateKey(in: members) { throw duplicate }
            content = .mapping(members)
        }
        add(
            .init(node: .init(content: content, line: collection.line), height: collection.height),
            anchor: collection.anchor
        )
    }

    mutating func addAlias(_ name: String, line: Int) throws(YAMLError) {
        guard let value = anchors[name] else { throw .invalid(problem: "found undefined alias", line: line) }
        try checkDepth(adding: value.height, line: line)
        add(value, anchor: nil)
    }

    // An anchor is known once its value is complete: none can stand for what it is in.
    mutating func add(_ value: Value, anchor: String?) {
        if let anchor { anchors[anchor] = value }
        guard let last = open.indices.last else {
            root = value.node
            return
        }
        open[last].parts.append(value.node)
        open[last].height = max(open[last].height, value.height + 1)
    }

    private func checkDepth(adding height: Int, line: Int) throws(YAMLError) {
        guard open.count + height > YAMLParser.maximumDepth else { return }
        throw .invalid(
            problem: "nested more than \(YAMLParser.maximumDepth) deep, counting in what aliases stand for",
            line: line
        )
    }

    // The first in order of their text, with the line where it stands first. Only scalars: what is in a collection may be
    // without end, and nobody here takes one as a key.
    private static func duplicateKey(in members: [YAMLNode.Member]) -> YAMLError? {
        var lines: [Key: Int] = [:]
        lines.reserveCapacity(members.count)
        var duplicates: [Key] = []
        for member in members {
            guard let key = Key(member.key) else { continue }
            if lines[key] == nil { lines[key] = member.key.line } else { duplicates.append(key) }
        }
        guard let first = duplicates.min(by: { $0.text < $1.text }), let line = lines[first] else { return nil }
        return .duplicateKey(first.text, line: line)
    }

    private struct Key: Hashable {
        let text: String
        let tag: String

        init?(_ node: YAMLNode) {
            guard let scalar = node.scalar else { return nil }
            text = scalar.text
            tag = scalar.tag.isEmpty || scalar.tag == "!" ? YAMLNode.Scalar.stringTag : scalar.tag
        }
    }
}
