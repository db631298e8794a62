/// The rules for what may follow `Bearer` in a header.
enum BearerToken {
    /// What to say of one that may not; the token itself is never quoted.
    static let expectation = "expected a token of visible ASCII characters without spaces"

    /// Whether the token fits into a header: anything else would be refused there, or add a header of its own.
    static func isValid(_ token: String) -> Bool {
        !token.isEmpty && token.utf8.allSatisfy { 0x21...0x7e ~= $0 }
    }

    /// The token in the file at `path`, as it is now.
    ///
    /// - Throws: `ConfigurationError` when the file cannot be read, is empty or holds something else.
    static func read(_ path: String) throws(ConfigurationError) -> String {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.contents(of: path)
        } catch {
            throw ConfigurationError("\(path): the token cannot be read: \(error)")
        }
        let token = String(decoding: bytes, as: UTF8.self).trimmingWhitespace()
        guard !token.isEmpty else { throw ConfigurationError("\(path): is empty; expected a token") }
        guard isValid(token) else { throw ConfigurationError("\(path): \(expectation)") }
        return token
    }
}
