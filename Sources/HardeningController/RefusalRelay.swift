import Synchronization

/// Passes on that refusals have changed to whoever is connected later than the log that notices was made.
final class RefusalRelay: Sendable {
    private let action = Mutex<(@Sendable () -> Void)?>(nil)

    /// Does `action` from now on, each time.
    func connect(_ action: @escaping @Sendable () -> Void) {
        self.action.withLock { $0 = action }
    }

    /// Refusals have changed.
    func changed() {
        action.withLock { $0 }?()
    }
}
