import Foundation
import KubernetesAPI

/// A request of an account in `hardening-system`, as the API server's audit log has it.
struct AuditedRequest: Sendable, Decodable {
    struct Object: Sendable, Decodable {
        var resource: String?
        var subresource: String?
        var name: String?
        var namespace: String?
    }
    struct Answer: Sendable, Decodable { var code: Int }

    var auditID: String
    var stage: String
    var verb: String
    var requestURI: String
    var objectRef: Object?
    var responseStatus: Answer?
    var requestReceivedTimestamp: String
    var stageTimestamp: String

    /// Seconds since the epoch.
    var receivedAt: Double { Self.seconds(requestReceivedTimestamp) }
    /// Seconds since the epoch.
    var answeredAt: Double { Self.seconds(stageTimestamp) }

    /// Such as `patch hardeningprofiles/status`.
    var kind: String {
        let resource = objectRef?.resource ?? String(requestURI.prefix { $0 != "?" })
        return "\(verb) \(resource)" + (objectRef?.subresource.map { "/\($0)" } ?? "")
    }

    /// Whether it has put something in force in a namespace.
    var isHardening: Bool {
        guard verb == "patch", stage == "ResponseComplete", objectRef?.subresource == nil,
            !requestURI.contains("dryRun=All"), 200..<300 ~= responseStatus?.code ?? 0
        else { return false }
        return ["namespaces", "networkpolicies", "serviceaccounts", "limitranges"].contains(objectRef?.resource ?? "")
    }

    /// Whether there are more such requests the longer it takes.
    var isOfTime: Bool {
        verb == "watch" || ["leases", "hardeningprofiles"].contains(objectRef?.resource ?? "")
    }

    // Microseconds matter, and Foundation's parsers drop them.
    private static func seconds(_ time: String) -> Double {
        guard let whole = Timestamp(time) else { return .nan }
        let fraction = time.split(separator: ".").dropFirst().first.flatMap { Double("0.\($0.filter(\.isNumber))") }
        return Double(whole.secondsSinceEpoch) + (fraction ?? 0)
    }
}

/// The API server's record of what was asked of it.
struct AuditLog {
    let file: String

    /// Its length now: what is written later is ``requests(after:)`` this.
    var mark: Int { (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0 }

    /// The requests since `mark`, each once: a watch is written down as it begins.
    func requests(after mark: Int = 0) throws -> [AuditedRequest] {
        // The server makes the file with the first such request.
        guard let handle = FileHandle(forReadingAtPath: file) else { return [] }
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(mark))
        guard let data = try handle.readToEnd() else { return [] }
        let decoder = JSONDecoder()
        var seen: Set<String> = []
        return try data.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let request = try decoder.decode(AuditedRequest.self, from: line)
            return seen.insert(request.auditID).inserted ? request : nil
        }
    }
}

extension [AuditedRequest] {
    /// How many of each kind.
    var byKind: [String: Int] { reduce(into: [:]) { $0[$1.kind, default: 0] += 1 } }
}
