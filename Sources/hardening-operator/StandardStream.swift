#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard output or standard error, with errors noticed: a report that is cut off must not look whole.
enum StandardStream: Int32 {
    case output = 1
    case errors = 2

    /// Whether a person is looking.
    var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Writes all of `text`.
    ///
    /// - Throws: `WriteError` with the system's reason, such as a full disk.
    func put(_ text: String) throws(WriteError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(rawValue, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw WriteError(description: "cannot write: \(String(cString: strerror(errno)).lowercased())")
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Why not everything was written.
    struct WriteError: Error, CustomStringConvertible {
        var description: String
    }
}
