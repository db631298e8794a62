/// Waits until `condition` gives a value.
///
/// - Throws: ``Failure`` after `limit`, and what `condition` throws.
func eventually<Value>(
    _ what: String,
    within limit: Duration = .seconds(900),
    every interval: Duration = .milliseconds(100),
    _ condition: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await condition() { return value }
        guard .now < deadline else { throw Failure("not within \(limit): \(what)") }
        try await Task.sleep(for: interval)
    }
}

/// Does `work` for each of `items`, so many at a time, in their order.
///
/// - Throws: what `work` throws first; the rest is not begun then.
func forEach<Item: Sendable>(
    _ items: [Item],
    atOnce limit: Int,
    _ work: @escaping @Sendable (Item) async throws -> Void
) async throws {
    let remaining = Remaining(items)
    try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<min(limit, items.count) {
            group.addTask {
                while let item = remaining.next() {
                    try Task.checkCancellation()
                    try await work(item)
                }
            }
        }
        try await group.waitForAll()
    }
}
