/// A request that came to the proxy.
public struct ProxiedRequest: Sendable {
    /// Such as `GET`.
    public var method: String
    /// The path without its query.
    public var path: String
    /// The query as it was sent, without the question mark.
    public var query: String
    /// When it came.
    public var at: ContinuousClock.Instant
    /// The status that it was answered with; `nil` while or if it was not.
    public var status: Int?
    /// The fault that happened to it.
    public var fault: Fault?

    init(method: String, uri: String) {
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        path = String(parts[0])
        query = parts.count == 2 ? String(parts[1]) : ""
        at = .now
    }

    /// Whether it asks for a stream of events.
    public var isWatch: Bool { has("watch", "true") || has("watch", "1") }
    /// Whether it asks for a whole resource, once.
    public var isList: Bool { method == "GET" && !isWatch && value("limit") != nil || asksForVersion && !isWatch }
    /// Whether it changes something.
    public var isWrite: Bool { method != "GET" && !has("dryRun", "All") }
    /// Whether it names a version that the answer must not be older than.
    public var asksForVersion: Bool { value("resourceVersion") != nil }

    func value(_ name: String) -> String? {
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts[0] == name { return parts.count == 2 ? String(parts[1]) : "" }
        }
        return nil
    }

    private func has(_ name: String, _ value: String) -> Bool { self.value(name) == value }

    /// The resource and selection that a list or watch is of.
    public var selection: String {
        let selectors = query.split(separator: "&").filter { $0.contains("Selector=") }
        return ([path] + selectors.map(String.init)).joined(separator: "?")
    }
}
