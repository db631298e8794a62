import KubernetesClient
import PrintableText
import Yams

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
        if let problem = YAMLAliases(text).problem { throw .init(line: line, message: problem) }
        var documents: [ManifestNode] = []
        do {
            // Without rules for tags: `YAMLScalar` has them, and those of Yams take most of its time.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            while let root = try parser.nextRoot() {
                var conversion = Conversion(offset: offset, budget: text.utf8.count + 100_000)
                let node = try conversion.node(root, depth: 0)
                if node.value != .null { documents.append(node) }
            }
        } catch let failure as ManifestJSONReader.Failure {
            throw failure
        } catch let error as YamlError {
            throw Self.failure(error, text, offset)
        } catch {
            throw .init(line: line, message: "not valid YAML")
        }
        return documents
    }

    private static func failure(_ error: YamlError, _ text: String, _ offset: Int) -> ManifestJSONReader.Failure {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            // What is missing at the end is missed on the line after it.
            let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + (text.hasSuffix("\n") ? 0 : 1)
            return .init(line: offset + min(mark.line, lines), message: "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let key = (keys.first ?? "").shortened(to: 80)
            return .init(line: offset + context.mark.line, message: "the key \"\(key)\" stands there twice")
        case .reader(let problem, let place, _, _):
            let before = place.map { text.prefix($0).utf8.count { $0 == UInt8(ascii: "\n") } } ?? 0
            return .init(line: offset + before + 1, message: "not valid YAML: \(problem)")
        default:
            return .init(line: offset + 1, message: "not valid YAML")
        }
    }

    private struct Conversion {
        let offset: Int
        var budget: Int

        mutating func node(_ node: Node, depth: Int) throws(ManifestJSONReader.Failure) -> ManifestNode {
            let line = offset + (node.mark?.line ?? 1)
            budget -= 1
            guard budget >= 0 else {
                throw .init(line: line, message: "the aliases of this document stand for too many values")
            }
            guard depth < ManifestNode.maximumDepth else {
                throw .init(line: line, message: "nested more than \(ManifestNode.maximumDepth) deep")
            }
            switch node {
            case .scalar(let scalar):
                guard let value = YAMLScalar.value(of: scalar) else {
                    throw .init(line: line, message: "\"\(scalar.string)\" is a number that JSON does not have")
                }
                return ManifestNode(value: value, line: line)
            case .sequence(let sequence):
                var elements: [ManifestNode] = []
                elements.reserveCapacity(sequence.count)
                for element in sequence { elements.append(try self.node(element, depth: depth + 1)) }
                return ManifestNode(value: .list(elements), line: line)
            case .mapping(let mapping):
                return ManifestNode(value: .object(try members(mapping, depth: depth)), line: line)
            case .alias:
                throw .init(line: line, message: "an alias of nothing")
            }
        }

        // In order, and what comes later goes before, also of what is merged: so does kubectl.
        private mutating func members(
            _ mapping: Node.Mapping,
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
            for (key, value) in mapping {
                let line = offset + (key.mark?.line ?? 1)
                if case .scalar(let scalar) = key, YAMLScalar.isMerge(scalar) {
                    for member in try merged(value, depth: depth + 1) { set(member) }
                    continue
                }
                guard case .scalar(let scalar) = key, let name = YAMLScalar.key(of: scalar) else {
                    throw .init(line: line, message: "a key that is no text")
                }
                set(.init(key: name, line: line, value: try node(value, depth: depth + 1)))
            }
            return members
        }

        private mutating func merged(_ node: Node, depth: Int) throws(ManifestJSONReader.Failure) -> [ManifestNode
            .Member]
        {
            switch node {
            case .mapping(let mapping):
                budget -= 1
                guard depth < ManifestNode.maximumDepth, budget >= 0 else { break }
                return try members(mapping, depth: depth)
            case .sequence(let sequence):
                // Of several, the first goes before the others.
                var members: [ManifestNode.Member] = []
                for case .mapping(let mapping) in sequence.reversed() {
                    members += try self.members(mapping, depth: depth)
                }
                return members
            default: break
            }
            throw .init(
                line: offset + (node.mark?.line ?? 1),
                message: "a merge key (<<) needs a mapping or a list of mappings"
            )
        }
    }
}
