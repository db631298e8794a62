/// What is shown of a long audit on a terminal: nothing at first, then a line that is rewritten.
struct AuditProgress {
    private var shownAt: Duration?
    private var isShown = false

    /// What to write after `done` of `total` files, at a time since the beginning; `nil` for nothing.
    mutating func update(done: Int, of total: Int, at time: Duration) -> String? {
        // Who waits less than a second need not be told, and nobody reads faster than five lines a second.
        guard time >= .seconds(1), shownAt.map({ time - $0 >= .milliseconds(200) }) ?? true else { return nil }
        shownAt = time
        isShown = true
        return "\r\(done) of \(total) files\u{1B}[K"
    }

    /// What to write before anything else is written; `nil` if nothing is shown.
    mutating func clear() -> String? {
        guard isShown else { return nil }
        isShown = false
        return "\r\u{1B}[K"
    }
}
