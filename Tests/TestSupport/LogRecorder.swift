import Logging
import Synchronization

/// Keeps what is logged.
public final class LogRecorder: Sendable {
    /// One line.
    public struct Line: Sendable {
        /// How severe.
        public var level: Logger.Level
        /// What it says.
        public var message: String
        /// What it says it of.
        public var metadata: [String: String]

        /// Level and message.
        public var text: String { "\(level): \(message)" }
    }

    private let recorded = Mutex<[Line]>([])

    /// Nothing was logged yet.
    public init() {}

    /// What was logged so far.
    public var lines: [Line] { recorded.withLock { $0 } }

    /// Writes here, from level `debug` on.
    public var logger: Logger { Logger(label: "test") { _ in handler } }

    /// What ``logger`` hands its lines to.
    public var handler: some LogHandler { Handler(recorder: self) }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let line = Line(level: event.level, message: "\(event.message)", metadata: all.mapValues { "\($0)" })
            recorder.recorded.withLock { $0.append(line) }
        }
    }
}
