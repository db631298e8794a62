/// How far a list has come that is read page by page: of which namespaces all objects have been shown.
///
/// Such a list comes in the order of `namespace/name`, byte by byte: that is how etcd keeps objects, and what lets the server
/// go on after any page (KEP-365; the conformance test *should return chunks of results for list calls* expects it over all
/// pages). Should one not keep to it, no more is taken for shown before all is.
struct ListFrontier: Sendable {
    private var namespace: String?
    private var isOrdered = true

    /// The list has shown an object of `namespace`.
    ///
    /// - Returns: whether it has come to another namespace with that, so that more may have been passed.
    mutating func show(_ namespace: String) -> Bool {
        if namespace == self.namespace { return false }
        if let last = self.namespace, !Self.isBefore(last, namespace) { isOrdered = false }
        self.namespace = namespace
        return isOrdered
    }

    /// Whether it has shown all objects of `namespace`.
    func hasPassed(_ namespace: String) -> Bool {
        guard isOrdered, let last = self.namespace else { return false }
        return Self.isBefore(namespace, last)
    }

    /// Whether the objects of the one namespace come before those of the other.
    static func isBefore(_ left: String, _ right: String) -> Bool {
        // The slash makes those of `a-b` come before those of `a`.
        "\(left)/".utf8.lexicographicallyPrecedes("\(right)/".utf8)
    }
}
