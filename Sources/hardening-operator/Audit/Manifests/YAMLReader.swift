import PrintableText
import YAMLNodes

/// Reads YAML documents as kubectl does: into what JSON can say, aliases and merge keys resolved, each value with its
/// line.
///
/// Input is bounded in what it may make of itself: aliases may stand for no more values than a document of that size
/// could hold without them.
enum YAMLReader {
    /// The documents in `text`, whose first line is line `line` of the file; empty ones are left out.
    ///
    /// - Throws: `ManifestJSONReader.Failure` with the line where it stops being YAML, or has no form in JSON. A key that stands
    ///   twice in a mapping is an error, as it is to kubectl's strict validation, its default.
    static func documents(_ text: String, line: Int) throws(ManifestJSONReader.Failure) -> [ManifestNode] {
        let offset = line - 1
        var documents: [ManifestNode] = []
        do {
            var parser = try YAMLParser(text)
            while let root = try parser.next() {
                var conversion = Conversion(offset: offset, budget: text.utf8.count + 100_000)
                let node = try conversion.node(root, depth: 0)
                if node.value != .null { documents.append(node) }
            }
        } catch let failure as ManifestJSONReader.Failure {
            throw failure
        } catch let error as YAMLError {
            throw Self.failure(error, offset)
        } catch {
            throw .init(line: line, message: "not valid YAML")
        }
        return documents
    }

    private static func failure(_ error: YAMLError, _ offset: Int) -> ManifestJSONReader.Failure {
        switch error {
        case .invalid(let problem, let line): .init(line: offset + line, message: "not valid YAML: \(problem)")
        case .duplicateKey(let key, let line):
            .init(line: offset + line, message: "the key \"\(key.shortened(to: 80))\" stands there twice")
        }
    }

    private struct Conversion {
        let offset: Int
        var budget: Int

        mutating func node(_ node: YAMLNode, depth: Int) throws(ManifestJSONReader.Failure) -> ManifestNode {
            let line = offset + node.line
            try enter(line: line, depth: depth)
            switch node.content {
            case .scalar(let scalar):
                guard let value = YAMLScalar.value(of: scalar) else {
                    throw .init(line: line, message: "\"\(scalar.text)\" is a number that JSON does not have")
                }
                return ManifestNode(value: value, line: line)
            case .sequence(let sequence):
                var elements: [ManifestNode] = []
                elements.reserveCapacity(sequence.count)
                for element in sequence { elements.append(try self.node(element, depth: depth + 1)) }
                return ManifestNode(value: .list(elements), line: line)
            case .mapping(let mapping):
                return ManifestNode(value: .object(try members(mapping, depth: depth)), line: line)
            }
        }

        // In order, and what comes later goes before, also of what is merged: so does kubectl.
        private mutating func members(
            _ mapping: [YAMLNode.Member],
            depth: Int
        ) throws(ManifestJSONReader.Failure) -> [ManifestNode.Member] {
            var members: [ManifestNode.Member] = []
            members.reserveCapacity(mapping.count)
            var places: [String: Int]?
            func set(_ member: ManifestNode.Member) {
                let place = places.map { $0[member.key] } ?? members.firstIndex { $0.key == member.key }
                if let place {
                    members[place] = member
                } else {
                    places?[member.key] = members.count
                    members.append(member)
                    if members.count == 16 {
                        places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) })
                    }
                }
            }
            for member in mapping {
                let line = offset + member.key.line
                if let scalar = member.key.scalar, YAMLScalar.isMerge(scalar) {
                    for member in try merged(member.value, depth: depth + 1) { set(member) }
                    continue
                }
                guard let scalar = member.key.scalar, let name = YAMLScalar.key(of: scalar) else {
                    throw .init(line: line, message: "a key that is no text")
                }
                set(.init(key: name, line: line, value: try node(member.value, depth: depth + 1)))
            }
            return members
        }

        private mutating func merged(
            _ node: YAMLNode,
            depth: Int
        ) throws(ManifestJSONReader.Failure) -> [ManifestNode.Member] {
            let line = offset + node.line
            try enter(line: line, depth: depth)
            switch node.content {
            case .mapping(let mapping): return try members(mapping, depth: depth)
            case .sequence(let sequence):
                // Of several, the first goes before the others.
                var members: [ManifestNode.Member] = []
                for element in sequence.reversed() {
                    guard case .mapping(let mapping) = element.content else { continue }
                    members += try self.members(mapping, depth: depth)
                }
                return members
            case .scalar:
                throw .init(line: line, message: "a merge key (<<) needs a mapping or a list of mappings")
            }
        }

        // Every value is entered, what is merged too, as often as it is there.
        private mutating func enter(line: Int, depth: Int) throws(ManifestJSONReader.Failure) {
            budget -= 1
            guard budget >= 0 else {
                throw .init(line: line, message: "the aliases of this document stand for too many values")
            }
            guard depth < ManifestNode.maximumDepth else {
                throw .init(line: line, message: "nested more than \(ManifestNode.maximumDepth) deep")
            }
        }
    }
}
