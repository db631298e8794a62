import KubernetesAPI
import Yams

/// A value in a YAML or JSON file together with its place, so that every complaint can say where.
struct YAMLField {
    /// The value.
    let node: Yams.Node
    /// The file it stands in.
    let file: String
    /// Its path, such as `users[name=admin].user.exec`; empty for the document itself.
    let path: String

    /// The document in `bytes`, or `nil` when there is none, as in an empty file.
    ///
    /// UTF-8 and, for files written on Windows, UTF-16 with a byte order mark.
    ///
    /// - Throws: `ConfigurationError` with the line where it stops being YAML. Yams' own messages quote the line, which
    ///   in a kubeconfig may hold a key; hence only the problem's name is taken over.
    static func document(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> YAMLField? {
        guard let text = TextFile.decode(bytes) else { throw ConfigurationError("\(file): expected UTF-8 text") }
        if let problem = YAMLAliases(text).problem { throw ConfigurationError("\(file): \(problem)") }
        do {
            guard let node = try Parser(yaml: text).singleRoot(), !isNull(node) else { return nil }
            var budget = bytes.count + 100_000
            guard spend(&budget, on: node, depth: 0) else {
                throw ConfigurationError("\(file): its aliases stand for too many values, or it is nested too deep")
            }
            return YAMLField(node: node, file: file, path: "")
        } catch let error as ConfigurationError {
            throw error
        } catch let error as YamlError {
            throw ConfigurationError("\(file): \(problem(error))")
        } catch {
            throw ConfigurationError("\(file): not valid YAML")
        }
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
        guard case .scalar(let scalar) = node else { throw error("expected a string") }
        return Self.isNull(node) ? "" : scalar.string
    }

    /// The member `name` as a boolean, `false` when it is absent or null.
    func bool(_ name: String) throws(ConfigurationError) -> Bool {
        guard let field = try member(name) else { return false }
        guard let value = field.node.bool else { throw field.error("expected true or false") }
        return value
    }

    /// The elements of the list `name`, none when it is absent or null.
    func list(_ name: String) throws(ConfigurationError) -> [YAMLField] {
        guard let field = try member(name) else { return [] }
        guard case .sequence(let sequence) = field.node else { throw field.error("expected a list") }
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
        for (key, value) in try mapping() {
            guard let name = key.scalar?.string else { throw error("expected strings as keys") }
            members.append((name, YAMLField(node: value, file: file, path: "\(path)[\(name)]")))
        }
        return members
    }

    /// The same value under a path that names it better than its index does.
    func renamed(_ path: String) -> YAMLField {
        YAMLField(node: node, file: file, path: path)
    }

    /// The value as JSON, for what is handed on without being understood.
    func json() throws(ConfigurationError) -> JSONValue {
        switch node {
        case .mapping:
            var object: [String: JSONValue] = [:]
            for (name, value) in try members() { object[name] = try value.json() }
            return .object(object)
        case .sequence(let sequence):
            var array: [JSONValue] = []
            for element in sequence { array.append(try YAMLField(node: element, file: file, path: path).json()) }
            return .array(array)
        default:
            if Self.isNull(node) { return .null }
            let text = try string()
            guard node.scalar?.style == .plain else { return .string(text) }
            if let bool = node.bool { return .bool(bool) }
            if let integer = Int64(text) { return .integer(integer) }
            if let number = Double(text), number.isFinite { return .number(number) }
            return .string(text)
        }
    }

    // Each alias has become all that it stands for: whoever walks through that must come to an end.
    private static func spend(_ budget: inout Int, on node: Yams.Node, depth: Int) -> Bool {
        budget -= 1
        guard budget >= 0, depth < 500 else { return false }
        switch node {
        case .scalar, .alias: return true
        case .sequence(let sequence): return sequence.allSatisfy { spend(&budget, on: $0, depth: depth + 1) }
        case .mapping(let mapping):
            return mapping.allSatisfy {
                spend(&budget, on: $0.key, depth: depth + 1) && spend(&budget, on: $0.value, depth: depth + 1)
            }
        }
    }

    private func mapping() throws(ConfigurationError) -> Yams.Node.Mapping {
        guard case .mapping(let mapping) = node else { throw error("expected a mapping (key: value)") }
        return mapping
    }

    private static func member(_ name: String, of mapping: Yams.Node.Mapping) -> Yams.Node? {
        if let node = mapping.first(where: { $0.key.scalar?.string == name })?.value { return node }
        // YAML's merge key: what a mapping does not say itself, the ones it refers to may.
        for (key, value) in mapping where key.scalar?.string == "<<" {
            let others = value.sequence.map(Array.init) ?? [value]
            for case .mapping(let other) in others {
                if let node = member(name, of: other) { return node }
            }
        }
        return nil
    }

    private static func isNull(_ node: Yams.Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private static func problem(_ error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line): not valid YAML: \(problem)"
        case .reader(let problem, _, _, _): "not valid YAML: \(problem)"
        case .duplicatedKeysInMapping(_, let context): "line \(context.mark.line): the same key stands there twice"
        default: "not valid YAML"
        }
    }
}
