import KubernetesAPI

/// Reads a value out of a JSON document and finds everything that is wrong with it, not only the first thing, and the
/// fields that nobody asks for.
///
/// A type's fields are those that its `Decodable` conformance asks for, so no list of them is written down here.
struct FieldReader {
    /// What came of reading a document.
    struct Reading<Value> {
        /// The value, or all that is wrong with the fields that it has.
        var value: Result<Value, InvalidProfile>
        /// The fields that it does not have, each with the one that may have been meant.
        var unknown: [FieldError]
        /// The names of the fields that it has, by the path of the object that they are in.
        var fields: [String: Set<String>]
    }

    /// Reads what stands at `path`, `nil` if nothing does.
    static func read<Value: Decodable>(_ type: Value.Type, _ document: JSONValue?, at path: String) -> Reading<Value> {
        let record = Record()
        let value = try? record.read(type, document, FieldPath(text: path))
        let result: Result<Value, InvalidProfile> =
            if let value, record.problems.isEmpty { .success(value) } else {
                .failure(InvalidProfile(problems: record.problems))
            }
        return Reading(value: result, unknown: record.unknown, fields: record.asked)
    }

    /// Where something stands, for decoders and for people.
    struct FieldPath {
        var text: String
        var keys: [any CodingKey] = []

        func appending(_ key: any CodingKey) -> FieldPath {
            let name = key.stringValue
            let step =
                if let index = key.intValue { "[\(index)]" } else if name.contains(".") || name.contains("/") {
                    "[\(name)]"
                } else { text.isEmpty ? name : ".\(name)" }
            return FieldPath(text: text + step, keys: keys + [key])
        }
    }

    /// What is noted on the way.
    final class Record {
        private(set) var problems: [FieldError] = []
        private(set) var asked: [String: Set<String>] = [:]
        private var present: [(path: String, names: [String])] = []
        // What was given up halfway, so that nobody knows what it would have asked for.
        private var abandoned: Set<String> = []

        func open(_ object: [String: JSONValue], at path: FieldPath) {
            present.append((path.text, object.keys.sorted()))
            asked[path.text] = asked[path.text] ?? []
        }

        func ask(_ name: String, at path: FieldPath) { asked[path.text, default: []].insert(name) }

        /// Reads what stands at `path`. If that is wrong, notes it and goes on with a value of its kind, so that what
        /// comes after it is looked at too; the whole is not used then.
        func read<Value: Decodable>(_ type: Value.Type, _ value: JSONValue?, _ path: FieldPath) throws -> Value {
            do {
                guard let value else {
                    problems.append(FieldError(path.text, value: "", expected: "set, as it must be"))
                    throw Unreadable()
                }
                return try Value(from: ValueDecoder(value: value, path: path, record: self))
            } catch let error as DecodingError {
                abandoned.insert(path.text)
                let expected = FieldReader.expectation(of: type, error)
                problems.append(FieldError(path.text, value: value?.summary ?? "", expected: expected))
                return try Self.standIn(for: type)
            } catch is Unreadable {
                abandoned.insert(path.text)
                return try Self.standIn(for: type)
            }
        }

        private static func standIn<Value: Decodable>(for type: Value.Type) throws -> Value {
            let samples = (FieldReader.values(of: type) ?? []).prefix(1).map { JSONValue.string($0) }
            for sample in samples + [[:], [], "", 0, false] {
                let decoder = ValueDecoder(value: sample, path: FieldPath(text: ""), record: Record())
                if let value = try? Value(from: decoder) { return value }
            }
            throw Unreadable()
        }

        /// Sorted by where they stand.
        var unknown: [FieldError] {
            var unknown: [String: FieldError] = [:]
            for (path, names) in present where !abandoned.contains(path) {
                let known = asked[path] ?? []
                for name in names where !known.contains(name) {
                    let field = FieldPath(text: path).appending(AnyCodingKey(name)).text
                    unknown[field] = FieldError(unknown: name, at: field, of: path, known: known)
                }
            }
            return unknown.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// That nothing can be put in the place of what is wrong; it has been noted.
    private struct Unreadable: Error {}

    /// What may stand where one of a few words is asked for; `nil` for other types.
    private static func values(of type: any Any.Type) -> [String]? {
        func words<Words: CaseIterable>(_ type: Words.Type) -> [String] {
            type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        }
        guard let type = type as? any CaseIterable.Type else { return nil }
        let values = words(type)
        return values.isEmpty ? nil : values
    }

    private static func expectation(of type: any Any.Type, _ error: DecodingError) -> String {
        if let values = values(of: type) {
            return values.count == 1 ? values[0] : "one of \(values.joined(separator: ", "))"
        }
        if case .dataCorrupted(let context) = error { return "readable: \(context.debugDescription)" }
        return switch type {
        case is Bool.Type: "true or false"
        case is String.Type: "a string"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is IntOrString.Type: "a whole number or a string"
        case is any RangeReplaceableCollection.Type: "a list"
        default: "an object"
        }
    }
}

extension FieldError {
    /// That the object at `path` has no field `name`, but `known` ones; said with the one that was meant if that is plain.
    init(unknown name: String, at field: String, of path: String, known: Set<String>) {
        let object = path.isEmpty ? "the document" : path
        let expected =
            if let meant = known.near(name) { "a field of \(object): did you mean \(meant)?" } else {
                "a field of \(object), which has \(known.sorted().joined(separator: ", "))"
            }
        self.init(field, value: name, expected: expected)
    }
}

extension JSONValue {
    /// What fits into a sentence of it.
    var summary: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value
        case .array: "[...]"
        case .object: "{...}"
        }
    }
}

extension Set<String> {
    /// The one that was probably meant by `name`: by a third of its letters at most, whatever their case, it may differ.
    func near(_ name: String) -> String? {
        let nearest = sorted().map { ($0, Self.distance(Array($0.lowercased()), Array(name.lowercased()))) }
            .min { $0.1 < $1.1 }
        guard let (meant, distance) = nearest, distance <= Swift.max(1, name.count / 3) else { return nil }
        return meant
    }

    // Levenshtein's: letters that are put in, left out or replaced.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let replaced = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, Swift.min(row[column], row[column + 1]) + 1)
            }
        }
        return row[right.count]
    }
}
