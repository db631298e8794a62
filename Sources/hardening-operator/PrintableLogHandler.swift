import Logging
import PrintableText

/// Hands log lines on with everything in them printable and bounded: what anybody wrote into the cluster ends up in
/// them, and must not be able to forge lines or fields, nor to flood or to colour a terminal.
struct PrintableLogHandler<Base: LogHandler>: LogHandler {
    private var base: Base
    private let isQuoting: Bool

    /// The most Unicode scalars of a message or of a value.
    static var limit: Int { 4_096 }

    /// Hands lines on to `base`.
    ///
    /// - Parameter isQuoting: Whether values with spaces are put into quotation marks, for a format that has none of its own.
    init(_ base: Base, isQuoting: Bool = false) {
        self.base = base
        self.isQuoting = isQuoting
    }

    var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue.mapValues(printable) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue.map(printable) }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\("\(event.message)".printable(upTo: Self.limit))"
        event.metadata = event.metadata?.mapValues(printable)
        base.log(event: event)
    }

    private func printable(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        let text = "\(value)".printable(upTo: Self.limit)
        guard isQuoting, text.isEmpty || text.contains(where: { " =\"".contains($0) }) else { return .string(text) }
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return .string("\"\(escaped)\"")
    }
}
