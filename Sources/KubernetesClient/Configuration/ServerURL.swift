/// The rules for an API server's address: scheme, host, port and path prefix, nothing else.
enum ServerURL {
    /// What to say where an address is not acceptable.
    static let expectation =
        "expected a URL such as https://10.0.0.1:6443, with an optional path, without user, query or fragment"

    /// `text` without trailing slashes and with its scheme in lower case; `nil` when it is not acceptable.
    ///
    /// A missing scheme is refused: kubectl then guesses `http` or `https` from other fields, and a wrong guess sends
    /// credentials in the clear.
    static func normalized(
        _ text: String,
        schemes: Set<String> = ["http", "https"],
        allowsUser: Bool = false
    ) -> String? {
        guard text.utf8.allSatisfy({ 0x21...0x7e ~= $0 }), let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        let rest = text[mark.upperBound...]
        guard schemes.contains(scheme), !rest.contains("?"), !rest.contains("#") else { return nil }
        var authority = rest.prefix { $0 != "/" }
        var path = rest[authority.endIndex...]
        if let user = authority.lastIndex(of: "@") {
            guard allowsUser else { return nil }
            authority = authority[authority.index(after: user)...]
        }
        guard isHostAndPort(authority) else { return nil }
        while path.last == "/" { path.removeLast() }
        return "\(scheme)://\(rest[..<path.startIndex])\(path)"
    }

    /// Whether a normalized address is protected by TLS.
    static func isSecure(_ normalized: String) -> Bool {
        normalized.hasPrefix("https://")
    }

    /// Whether a normalized address is one of this machine's own: `localhost`, 127.0.0.0/8 or ::1.
    static func isLoopback(_ normalized: String) -> Bool {
        guard let mark = normalized.firstRange(of: "://") else { return false }
        let authority = normalized[mark.upperBound...].prefix { $0 != "/" }
        if authority.hasPrefix("[") { return authority.prefix { $0 != "]" } == "[::1" }
        let host = authority.prefix { $0 != ":" }.lowercased()
        // A name may begin with 127., too.
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "localhost"
            || (numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil })
    }

    /// `host:port`, with brackets around an IPv6 address (T10).
    static func join(host: String, port: String) -> String {
        host.contains(":") && !host.hasPrefix("[") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// A proxy's address without the user and password that it may contain, also where a slash in them, which would have
    /// to be escaped, makes them a part of the path.
    static func withoutUser(_ url: String) -> String {
        guard let mark = url.firstRange(of: "://") else { return "(redacted)" }
        let rest = url[mark.upperBound...]
        guard let user = rest.lastIndex(of: "@") else { return url }
        return url[..<mark.upperBound] + "(redacted)@" + rest[rest.index(after: user)...]
    }

    private static func isHostAndPort(_ authority: Substring) -> Bool {
        var port: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]"), authority[..<end].contains(":") else { return false }
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { return false }
            port = after.isEmpty ? nil : after.dropFirst()
        } else {
            let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2, let host = parts.first, !host.isEmpty else { return false }
            port = parts.count == 2 ? parts[1] : nil
        }
        guard let port else { return true }
        guard port.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(port) else { return false }
        return 1...65_535 ~= number
    }
}
