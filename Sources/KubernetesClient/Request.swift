import NIOHTTP1

/// One HTTP request to the API server.
struct Request: Sendable, CustomStringConvertible {
    var method: HTTPMethod
    var path: String
    var query: [(String, String)] = []
    var contentType: String?
    var prefersProtobuf = false
    var body: [UInt8] = []
    // Asked at the last moment before the body is sent.
    var condition: (@Sendable () throws -> Void)?

    var isDryRun: Bool { query.contains { $0.0 == "dryRun" } }

    var description: String { "\(method.rawValue) \(path)" }

    func url(_ server: String) -> String {
        // A name may come from a person, and must stay a name.
        let path = path.split(separator: "/", omittingEmptySubsequences: false).map { String($0).percentEncoded }
            .joined(separator: "/")
        guard !query.isEmpty else { return server + path }
        return server + path + "?" + query.map { "\($0.percentEncoded)=\($1.percentEncoded)" }.joined(separator: "&")
    }
}

/// How long a request may take, and how long it may be silent.
struct Patience: Sendable {
    /// From beginning to end.
    var total: Duration
    /// Between two signs of life, the response's head being the first.
    var idle: Duration
}

extension String {
    // RFC 3986: everything but unreserved characters, of which most texts consist.
    var percentEncoded: String {
        if utf8.allSatisfy(\.isUnreserved) { return self }
        let hex = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            bytes += byte.isUnreserved ? [byte] : [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
