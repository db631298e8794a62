/// How far a list has come that is read page by page: of which namespaces all objects have been shown.
///
/// Such a list comes in the order of `namespace/name`, byte by byte: that is how etcd keeps objects, and what lets the server
/// go on after any page (KEP-365; the conformance test *should return chunks of results for list calls* expects it over all
/// pages). A page counts once it is whole, so that one in another order, which a few hundred objects hardly hide, has let
/// nothing pass; from then on no more is taken for shown before all is. A list that comes in one piece lets nothing pass
/// before its end.
struct ListFrontier: Sendable {
    private var isOrdered = true
    // Of the object that was shown last, and of the last of a whole page.
    private var latest: String?
    private var passed: String?

    /// The list has shown an object of `namespace`.
    mutating func show(_ namespace: String) {
        guard namespace != latest else { return }
        if let latest, !Self.isBefore(latest, namespace) { isOrdered = false }
        latest = namespace
    }

    /// A page is whole.
    mutating func endPage() { passed = isOrdered ? latest : nil }

    /// Whether whole pages have shown all objects of `namespace`.
    func hasPassed(_ namespace: String) -> Bool { passed.map { Self.isBefore(namespace, $0) } ?? false }

    /// Whether the objects of the one namespace come before those of the other.
    static func isBefore(_ left: String, _ right: String) -> Bool {
        // The slash makes those of `a-b` come before those of `a`.
        "\(left)/".utf8.lexicographicallyPrecedes("\(right)/".utf8)
    }
}
