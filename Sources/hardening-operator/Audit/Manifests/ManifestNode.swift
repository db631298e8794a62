/// A value of a manifest as JSON has them, together with the line that it stands on.
struct ManifestNode: Sendable, Hashable {
    /// A member of an object.
    struct Member: Sendable, Hashable {
        /// Unique within its object.
        var key: String
        /// The line of the key, from 1.
        var line: Int
        /// What stands there.
        var value: ManifestNode
    }

    /// What stands there.
    enum Value: Sendable, Hashable {
        case null
        case bool(Bool)
        /// A number as JSON writes it: its digits are kept.
        case number(String)
        case string(String)
        case list([ManifestNode])
        /// In the order of the file.
        case object([Member])
    }

    /// What stands there.
    var value: Value
    /// The line on which it begins, from 1.
    var line: Int

    /// How deep values may be nested. Kubernetes' own go no deeper than a few dozen; readers recurse.
    static let maximumDepth = 500

    /// The member `key` of an object; `nil` for other values and absent members.
    subscript(key: String) -> ManifestNode? {
        member(key)?.value
    }

    private func member(_ key: String) -> Member? {
        guard case .object(let members) = value else { return nil }
        return members.first { $0.key == key }
    }

    /// What kind of value it is, for sentences.
    var summary: String {
        switch value {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .list: "a list"
        case .object: "an object"
        }
    }
}

extension ManifestNode {
    /// The line of the field at `path`, such as `spec.containers[1].securityContext` or `metadata.annotations[a.b/c]`;
    /// where it is absent, that of the last one on the way there.
    func line(of path: String) -> Int {
        line(of: FieldPath.steps(path)[...], from: line)
    }

    // A value may begin on the line after its key; people look for the key.
    private func line(of steps: ArraySlice<String>, from here: Int) -> Int {
        guard let step = steps.first else { return here }
        switch value {
        case .object:
            guard let member = member(step) else { return here }
            return member.value.line(of: steps.dropFirst(), from: member.line)
        case .list(let elements):
            guard let index = Int(step), elements.indices.contains(index) else { return here }
            return elements[index].line(of: steps.dropFirst(), from: elements[index].line)
        default: return here
        }
    }
}

extension ManifestNode {
    /// Appends the value as JSON.
    func write(to json: inout [UInt8]) {
        switch value {
        case .null: json += "null".utf8
        case .bool(let value): json += (value ? "true" : "false").utf8
        case .number(let digits): json += digits.utf8
        case .string(let text): JSONText.append(text, to: &json)
        case .list(let elements):
            json.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                element.write(to: &json)
            }
            json.append(UInt8(ascii: "]"))
        case .object(let members):
            json.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                JSONText.append(member.key, to: &json)
                json.append(UInt8(ascii: ":"))
                member.value.write(to: &json)
            }
            json.append(UInt8(ascii: "}"))
        }
    }
}

/// The path of a field within an object, as messages write it.
enum FieldPath {
    /// Its steps: names of members, and what stands in brackets, be it an index or a key with dots in it.
    static func steps(_ path: String) -> [String] {
        var steps: [String] = []
        var rest = path[...]
        while !rest.isEmpty {
            if rest.first == "[", let end = rest.firstIndex(of: "]") {
                steps.append(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let step = rest.prefix { $0 != "." && $0 != "[" }
                if !step.isEmpty { steps.append(String(step)) }
                rest = rest.dropFirst(step.count)
                // A bracket that nothing closes.
                if rest.first == "[", !rest.contains("]") { return steps }
            }
            if rest.first == "." { rest = rest.dropFirst() }
        }
        return steps
    }
}
