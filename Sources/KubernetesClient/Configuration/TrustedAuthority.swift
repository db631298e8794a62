/// The certificate authority that the API server's certificate is checked against, read again as it is rotated.
///
/// Time is an argument.
struct TrustedAuthority: Sendable {
    // As often as client-go looks.
    private static let interval = Duration.seconds(60)

    private let source: PEMSource?
    private var bytes: [UInt8]?
    private var readAt: ContinuousClock.Instant?

    /// The authority of `source`; without one, the system's.
    init(_ source: PEMSource?) { self.source = source }

    /// Its PEM text, `nil` for the system's authorities. A file is read at most once a minute; one that cannot be read, or
    /// is empty for a moment, leaves the text before in force.
    ///
    /// - Throws: `ConfigurationError` when it could never be read.
    mutating func current(at now: ContinuousClock.Instant) throws(ConfigurationError) -> [UInt8]? {
        guard let source else { return nil }
        if let readAt, now - readAt < Self.interval { return bytes }
        do {
            bytes = try source.load()
        } catch {
            if bytes == nil { throw error }
        }
        readAt = now
        return bytes
    }
}
