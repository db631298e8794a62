import KubernetesAPI
import YAMLNodes

/// A value in a YAML or JSON file together with its place, so that every complaint can say where.
struct YAMLField {
    /// The value.
    let node: YAMLNode
    /// The file it stands in.
    let file: String
    /// Its path, such as `users[name=admin].user.exec`; empty for the document itself.
    let path: String

    /// The document in `bytes`, or `nil` when there is none, as in an empty file.
    ///
    /// UTF-8 and, for files written on Windows, UTF-16 with a byte order mark.
    ///
    /// - Throws: `ConfigurationError` with the line where it stops being YAML. Nothing of that line is quoted: in a kubeconfig
    ///   it may hold a key.
    static func document(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> YAMLField? {
        guard let text = TextFile.decode(bytes) else { throw ConfigurationError("\(file): expected UTF-8 text") }
        let document: YAMLNode?
        do {
            var parser = try YAMLParser(text)
            document = try parser.onlyDocument()
        } catch {
            throw ConfigurationError("\(file): \(problem(error))")
        }
        guard let document, !isNull(document) else { return nil }
        var budget = bytes.count + 100_000
        guard spend(&budget, on: document, depth: 0) else {
            throw ConfigurationError("\(file): its aliases stand for too many values, or it is nested too deep")
        }
        return YAMLField(node: document, file: file, path: "")
    }

    /// The complaint that this value is not right.
    func error(_ problem: String) -> ConfigurationError {
        ConfigurationError(path.isEmpty ? "\(file): \(problem)" : "\(file): \(path): \(problem)")
    }

    /// The member `name` of a mapping, `nil` when it is absent or null.
    ///
    /// - Throws: `ConfigurationError` when this is no mapping.
    func member(_ name: String) throws(ConfigurationError) -> YAMLField? {
        guard let node = Self.member(name, of: try mapping()), !Self.isNull(node) else { return nil }
        return YAMLField(node: node, file: file, path: path.isEmpty ? name : "\(path).\(name)")
    }

    /// The text of the member `name`, `nil` when it is absent, null or empty: Go's clients cannot tell these apart.
    ///
    /// Numbers and booleans count as their text, since `token: 123456` and `namespace: 2024` mean that.
    func string(_ name: String) throws(ConfigurationError) -> String? {
        guard let field = try member(name) else { return nil }
        let text = try field.string()
        return text.isEmpty ? nil : text
    }

    /// This scalar's text.
    func string() throws(ConfigurationError) -> String {
        guard let scalar = node.scalar else { throw error("expected a string") }
        return Self.isNull(node) ? "" : scalar.text
    }

    /// The member `name` as a boolean, `false` when it is absent or null.
    func bool(_ name: String) throws(ConfigurationError) -> Bool {
        guard let field = try member(name) else { return false }
        guard let value = Self.bool(field.node) else { throw field.error("expected true or false") }
        return value
    }

    /// The elements of the list `name`, none when it is absent or null.
    func list(_ name: String) throws(ConfigurationError) -> [YAMLField] {
        guard let field = try member(name) else { return [] }
        guard case .sequence(let sequence) = field.node.content else { throw field.error("expected a list") }
        return sequence.enumerated().map {
            YAMLField(node: $0.element, file: file, path: "\(field.path)[\($0.offset)]")
        }
    }

    /// The strings of the list `name`.
    func strings(_ name: String) throws(ConfigurationError) -> [String] {
        var strings: [String] = []
        for element in try list(name) { strings.append(try element.string()) }
        return strings
    }

    /// The members of a mapping whose keys are data.
    func members() throws(ConfigurationError) -> [(name: String, value: YAMLField)] {
        var members: [(name: String, value: YAMLField)] = []
        for member in try mapping() {
            guard let name = member.key.scalar?.text else { throw error("expected strings as keys") }
            members.append((name, YAMLField(node: member.value, file: file, path: "\(path)[\(name)]")))
        }
        return members
    }

    /// The same value under a path that names it better than its index does.
    func renamed(_ path: String) -> YAMLField {
        YAMLField(node: node, file: file, path: path)
    }

    /// The value as JSON, for what is handed on without being understood.
    func json() throws(ConfigurationError) -> JSONValue {
        switch node.content {
        case .mapping:
            var object: [String: JSONValue] = [:]
            for (name, value) in try members() { object[name] = try value.json() }
            return .object(object)
        case .sequence(let sequence):
            var array: [JSONValue] = []
            for element in sequence { array.append(try YAMLField(node: element, file: file, path: path).json()) }
            return .array(array)
        case .scalar(let scalar):
            if Self.isNull(node) { return .null }
            let text = scalar.text
            guard scalar.isPlain else { return .string(text) }
            if let bool = Self.bool(node) { return .bool(bool) }
            if let integer = Int64(text) { return .integer(integer) }
            if let number = Double(text), number.isFinite { return .number(number) }
            return .string(text)
        }
    }

    // Each alias has become all that it stands for: whoever walks through that must come to an end.
    private static func spend(_ budget: inout Int, on node: YAMLNode, depth: Int) -> Bool {
        budget -= 1
        guard budget >= 0, depth < 500 else { return false }
        switch node.content {
        case .scalar: return true
        case .sequence(let sequence): return sequence.allSatisfy { spend(&budget, on: $0, depth: depth + 1) }
        case .mapping(let mapping):
            return mapping.allSatisfy {
                spend(&budget, on: $0.key, depth: depth + 1) && spend(&budget, on: $0.value, depth: depth + 1)
            }
        }
    }

    private func mapping() throws(ConfigurationError) -> [YAMLNode.Member] {
        guard case .mapping(let mapping) = node.content else { throw error("expected a mapping (key: value)") }
        return mapping
    }

    private static func member(_ name: String, of mapping: [YAMLNode.Member]) -> YAMLNode? {
        if let member = mapping.first(where: { $0.key.scalar?.text == name }) { return member.value }
        // YAML's merge key: what a mapping does not say itself, the ones it refers to may.
        for merge in mapping where merge.key.scalar?.text == "<<" {
            let others = if case .sequence(let sequence) = merge.value.content { sequence } else { [merge.value] }
            for other in others {
                guard case .mapping(let mapping) = other.content else { continue }
                if let node = member(name, of: mapping) { return node }
            }
        }
        return nil
    }

    private static func isNull(_ node: YAMLNode) -> Bool {
        guard let scalar = node.scalar, scalar.isPlain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }

    // In whatever case, and unless its quotes or tag make it a string.
    private static func bool(_ node: YAMLNode) -> Bool? {
        guard let scalar = node.scalar, scalar.tag != YAMLNode.Scalar.stringTag else { return nil }
        return switch scalar.text.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }

    private static func problem(_ error: YAMLError) -> String {
        switch error {
        case .invalid(let problem, let line): "line \(line): not valid YAML: \(problem)"
        case .duplicateKey(_, let line): "line \(line): the same key stands there twice"
        }
    }
}
