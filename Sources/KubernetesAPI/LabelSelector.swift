/// `metav1.LabelSelector`: chooses objects by their labels. All requirements must hold; without any, everything
/// matches.
public struct LabelSelector: Sendable, Hashable, Codable {
    /// One requirement of `matchExpressions`.
    public struct Requirement: Sendable, Hashable, Codable {
        /// How a label is compared.
        public enum Operator: String, Sendable, Codable, JSONReadable, CaseIterable {
            /// The label is there and its value is listed.
            case `in` = "In"
            /// The label is absent, or its value is not listed.
            case notIn = "NotIn"
            /// The label is there.
            case exists = "Exists"
            /// The label is absent.
            case doesNotExist = "DoesNotExist"
        }

        /// The label's key.
        public var key: String
        /// How its value is compared.
        public var `operator`: Operator
        /// What it is compared with: needed for `In` and `NotIn`, forbidden otherwise.
        public var values: [String]?

        /// A requirement with the given parts.
        public init(key: String, operator: Operator, values: [String]? = nil) {
            self.key = key
            self.operator = `operator`
            self.values = values
        }

        /// Whether `labels` meet this requirement.
        public func matches(_ labels: [String: String]) -> Bool {
            let value = labels[key]
            switch `operator` {
            case .in: return value.map { (values ?? []).contains($0) } ?? false
            case .notIn: return value.map { !(values ?? []).contains($0) } ?? true
            case .exists: return value != nil
            case .doesNotExist: return value == nil
            }
        }
    }

    /// Labels that must be there with exactly these values.
    public var matchLabels: [String: String]?
    /// Further requirements.
    public var matchExpressions: [Requirement]?

    /// A selector with the given requirements.
    public init(matchLabels: [String: String]? = nil, matchExpressions: [Requirement]? = nil) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }

    /// Whether the selector has no requirement and so matches everything.
    public var isEmpty: Bool {
        (matchLabels ?? [:]).isEmpty && (matchExpressions ?? []).isEmpty
    }

    /// Whether `labels` meet every requirement.
    public func matches(_ labels: [String: String]) -> Bool {
        (matchLabels ?? [:]).allSatisfy { labels[$0.key] == $0.value }
            && (matchExpressions ?? []).allSatisfy { $0.matches(labels) }
    }

    /// The same selector with absent and empty parts written the same way, so that equal meaning compares equal.
    public var normalized: LabelSelector {
        LabelSelector(
            matchLabels: (matchLabels ?? [:]).isEmpty ? nil : matchLabels,
            matchExpressions: (matchExpressions ?? []).isEmpty
                ? nil
                : matchExpressions?.map {
                    .init(key: $0.key, operator: $0.operator, values: ($0.values ?? []).isEmpty ? nil : $0.values)
                }
        )
    }

    /// What is wrong with this selector by the API server's rules, empty if nothing is. `path` is put before each
    /// field's name.
    public func problems(at path: String) -> [FieldError] {
        var problems: [FieldError] = []
        for (key, value) in (matchLabels ?? [:]).sorted(by: { $0.key < $1.key }) {
            if !LabelSyntax.isValidKey(key) {
                problems.append(FieldError("\(path).matchLabels", value: key, expected: LabelSyntax.keyRule))
            }
            if !LabelSyntax.isValidValue(value) {
                problems.append(
                    FieldError("\(path).matchLabels[\(key)]", value: value, expected: LabelSyntax.valueRule)
                )
            }
        }
        for (index, requirement) in (matchExpressions ?? []).enumerated() {
            let field = "\(path).matchExpressions[\(index)]"
            if !LabelSyntax.isValidKey(requirement.key) {
                problems.append(FieldError("\(field).key", value: requirement.key, expected: LabelSyntax.keyRule))
            }
            let values = requirement.values ?? []
            switch requirement.operator {
            case .in, .notIn:
                if values.isEmpty {
                    problems.append(
                        FieldError(
                            "\(field).values",
                            value: "[]",
                            expected: "at least one value for operator \(requirement.operator.rawValue)"
                        )
                    )
                }
            case .exists, .doesNotExist:
                if !values.isEmpty {
                    problems.append(
                        FieldError(
                            "\(field).values",
                            value: "\(values)",
                            expected: "no values for operator \(requirement.operator.rawValue)"
                        )
                    )
                }
            }
            for value in values where !LabelSyntax.isValidValue(value) {
                problems.append(FieldError("\(field).values", value: value, expected: LabelSyntax.valueRule))
            }
        }
        return problems
    }
}

extension LabelSelector: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        matchLabels = try json.value("matchLabels")
        matchExpressions = try json.value("matchExpressions")
    }
}

extension LabelSelector.Requirement: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        key = try json.required("key")
        `operator` = try json.required("operator")
        values = try json.value("values")
    }
}
