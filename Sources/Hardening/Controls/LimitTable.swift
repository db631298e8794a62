import KubernetesAPI

/// What a LimitRange limits, entry by entry, with the values that the server fills in.
public struct LimitTable: Sendable, Hashable {
    /// A field of an item.
    enum Field: String, Sendable, Hashable, CaseIterable, Comparable {
        case `default`, defaultRequest, max, maxLimitRequestRatio, min

        static func < (left: Field, right: Field) -> Bool { left.rawValue < right.rawValue }
    }

    /// Where an entry stands.
    struct Key: Sendable, Hashable, Comparable, CustomStringConvertible {
        var type: LimitRange.LimitType
        var field: Field
        var resource: String

        static func < (left: Key, right: Key) -> Bool {
            (left.type.rawValue, left.field, left.resource) < (right.type.rawValue, right.field, right.resource)
        }

        var description: String { "\(type.rawValue) \(field.rawValue).\(resource)" }
    }

    /// What stands there: compared by value, kept as written.
    struct Value: Sendable, Hashable {
        var quantity: Quantity
        var text: String

        static func == (left: Value, right: Value) -> Bool { left.quantity == right.quantity }
        func hash(into hasher: inout Hasher) { hasher.combine(quantity) }
    }

    /// All entries.
    private(set) var entries: [Key: Value]

    /// The table of `items`; entries that are no quantities are left out.
    init(_ items: [LimitRange.Item]) {
        entries = Self.explicit(items)
        fillIn()
    }

    /// The entries as they are written, nothing filled in.
    static func explicit(_ items: [LimitRange.Item]) -> [Key: Value] {
        var entries: [Key: Value] = [:]
        for item in items {
            for field in Field.allCases {
                for (resource, text) in item[field] ?? [:] {
                    guard let quantity = Quantity(text) else { continue }
                    entries[Key(type: item.type, field: field, resource: resource)] = Value(
                        quantity: quantity,
                        text: text
                    )
                }
            }
        }
        return entries
    }

    /// Items with these entries.
    static func items(_ entries: [Key: Value]) -> [LimitRange.Item] {
        LimitRange.LimitType.allCases.compactMap { type in
            var item = LimitRange.Item(type: type)
            for (key, value) in entries where key.type == type {
                item[key.field, default: [:]][key.resource] = value.text
            }
            return entries.keys.contains { $0.type == type } ? item : nil
        }
    }

    /// Fields whose values for one resource must not fall in this order.
    static let ascending: [Field] = [.min, .defaultRequest, .default, .max]

    /// Two entries in the wrong order, if there are any: the one that must not be the greater, and the other.
    static func disorder(_ entries: [Key: Value]) -> (lower: Key, upper: Key)? {
        for first in entries.keys.sorted() where ascending.contains(first.field) {
            let present = ascending.map { Key(type: first.type, field: $0, resource: first.resource) }
                .filter { entries[$0] != nil }
            for (lower, upper) in zip(present, present.dropFirst()) {
                if let below = entries[lower], let above = entries[upper], below.quantity > above.quantity {
                    return (lower, upper)
                }
            }
        }
        return nil
    }

    /// Whether `other` says the same in the same words.
    func isWritten(like other: LimitTable) -> Bool {
        self == other && entries.allSatisfy { other.entries[$0.key]?.text == $0.value.text }
    }

    // Source: `pkg/apis/core/v1/defaults.go`, SetDefaults_LimitRangeItem: for containers, a maximum fills in a missing
    // default limit, which fills in a missing default request, as does a minimum.
    private mutating func fillIn() {
        func copy(_ source: Field, to target: Field) {
            for (key, value) in entries where key.type == .container && key.field == source {
                let key = Key(type: .container, field: target, resource: key.resource)
                if entries[key] == nil { entries[key] = value }
            }
        }
        copy(.max, to: .default)
        copy(.default, to: .defaultRequest)
        copy(.min, to: .defaultRequest)
    }
}

extension LimitRange.Item {
    subscript(field: LimitTable.Field) -> LimitRange.Quantities? {
        get {
            switch field {
            case .default: `default`
            case .defaultRequest: defaultRequest
            case .max: max
            case .maxLimitRequestRatio: maxLimitRequestRatio
            case .min: min
            }
        }
        set {
            switch field {
            case .default: `default` = newValue
            case .defaultRequest: defaultRequest = newValue
            case .max: max = newValue
            case .maxLimitRequestRatio: maxLimitRequestRatio = newValue
            case .min: min = newValue
            }
        }
    }

    fileprivate subscript(field: LimitTable.Field, default standard: LimitRange.Quantities) -> LimitRange.Quantities {
        get { self[field] ?? standard }
        set { self[field] = newValue }
    }
}
