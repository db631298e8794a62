import KubernetesAPI

// What the API server would refuse in a LimitRange, found before anything is written.
//
// Source: `pkg/apis/core/validation/validation.go`, ValidateLimitRange.

extension [LimitRange.Item] {
    func problems(at path: String) -> [FieldError] {
        var problems: [FieldError] = []
        var seen: Set<LimitRange.LimitType> = []
        if isEmpty { problems.append(FieldError(path, value: "[]", expected: "at least one limit")) }
        for (index, item) in enumerated() {
            let field = "\(path)[\(index)]"
            if !seen.insert(item.type).inserted {
                problems.append(
                    FieldError("\(field).type", value: item.type.rawValue, expected: "different from the others")
                )
            }
            problems += item.problems(at: field)
        }
        return problems
    }
}

extension LimitRange.Item {
    fileprivate func problems(at path: String) -> [FieldError] {
        var problems: [FieldError] = []
        var count = 0
        for field in LimitTable.Field.allCases {
            for (resource, text) in (self[field] ?? [:]).sorted(by: { $0.key < $1.key }) {
                count += 1
                if !isValidResource(resource) {
                    problems.append(
                        FieldError("\(path).\(field.rawValue)", value: resource, expected: Self.resourceRule)
                    )
                }
                guard let quantity = Quantity(text), quantity.nanos >= 0 else {
                    problems.append(
                        FieldError(
                            "\(path).\(field.rawValue)[\(resource)]",
                            value: text,
                            expected: "a quantity such as 50m, 256Mi or 1"
                        )
                    )
                    continue
                }
                if field == .maxLimitRequestRatio, let one = Quantity("1"), quantity < one {
                    problems.append(
                        FieldError("\(path).\(field.rawValue)[\(resource)]", value: text, expected: "at least 1")
                    )
                }
            }
        }
        if count == 0 { problems.append(FieldError(path, value: type.rawValue, expected: "limiting anything")) }
        if type != .container {
            for field in [LimitTable.Field.default, .defaultRequest] where !(self[field] ?? [:]).isEmpty {
                problems.append(
                    FieldError(
                        "\(path).\(field.rawValue)",
                        value: type.rawValue,
                        expected: "a type that takes defaults: Container"
                    )
                )
            }
        }
        if type == .persistentVolumeClaim, min?["storage"] == nil, max?["storage"] == nil {
            problems.append(FieldError(path, value: type.rawValue, expected: "limited by min or max of storage"))
        }
        return problems + orderProblems(at: path) + ratioProblems(at: path) + overcommitProblems(at: path)
    }

    private static let resourceRule =
        "a resource: cpu, memory, ephemeral-storage, hugepages-SIZE, storage of a claim, or a name with a domain before it"

    private func isValidResource(_ name: String) -> Bool {
        guard LabelSyntax.isValidKey(name) else { return false }
        if name.contains("/") { return true }
        switch type {
        case .persistentVolumeClaim: return name == "storage"
        case .container, .pod:
            return ["cpu", "memory", "ephemeral-storage"].contains(name) || name.hasPrefix("hugepages-")
        }
    }

    // A ratio that no limit between min and max could reach.
    private func ratioProblems(at path: String) -> [FieldError] {
        (maxLimitRequestRatio ?? [:]).sorted { $0.key < $1.key }.compactMap { resource, text in
            guard let ratio = Quantity(text), let least = min?[resource].flatMap(Quantity.init),
                let most = max?[resource].flatMap(Quantity.init),
                Double(ratio.nanos) / 1e9 * Double(least.nanos) > Double(most.nanos)
            else { return nil }
            return FieldError("\(path).maxLimitRequestRatio[\(resource)]", value: text, expected: "at most max by min")
        }
    }

    // What cannot be overcommitted is requested as it is limited, also where the server fills one of the two in.
    private func overcommitProblems(at path: String) -> [FieldError] {
        let entries = LimitTable([self]).entries
        return entries.filter { $0.key.field == .default }.sorted { $0.key < $1.key }.compactMap { key, limit in
            let isNative = !key.resource.contains("/") || key.resource.contains("kubernetes.io/")
            let mayOvercommit = isNative && !key.resource.hasPrefix("hugepages-")
            let request = entries[LimitTable.Key(type: key.type, field: .defaultRequest, resource: key.resource)]
            guard !mayOvercommit, let request, request != limit else { return nil }
            return FieldError(
                "\(path).defaultRequest[\(key.resource)]",
                value: request.text,
                expected: "equal to the default limit, \(limit.text), of what cannot be overcommitted"
            )
        }
    }

    // min <= defaultRequest <= default <= max, as far as they are set.
    private func orderProblems(at path: String) -> [FieldError] {
        let ascending = LimitTable.ascending
        var problems: [FieldError] = []
        for resource in Set(ascending.flatMap { (self[$0] ?? [:]).keys }).sorted() {
            var below: (field: LimitTable.Field, quantity: Quantity)?
            for field in ascending {
                guard let text = self[field]?[resource], let quantity = Quantity(text) else { continue }
                if let below, quantity < below.quantity {
                    problems.append(
                        FieldError(
                            "\(path).\(field.rawValue)[\(resource)]",
                            value: text,
                            expected: "at least \(below.field.rawValue)"
                        )
                    )
                }
                below = (field, quantity)
            }
        }
        return problems
    }
}
