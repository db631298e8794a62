import Foundation
import Synchronization
import Testing

extension ControlPlane {
    /// A request of the operator's, as the API server's audit log has it.
    struct AuditedRequest: Decodable, CustomStringConvertible {
        struct User: Decodable {
            var username: String
            var extra: [String: [String]]?
        }
        struct Answer: Decodable { var code: Int }
        var user: User
        var responseStatus: Answer?
        var verb: String
        var requestURI: String
        var annotations: [String: String]?
        var requestReceivedTimestamp: String
        var stageTimestamp: String

        var receivedAt: Date? {
            try? Date(
                requestReceivedTimestamp,
                strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true)
            )
        }

        /// The pod that the token was made for, if it was made for one.
        var pod: String? { user.extra?["authentication.kubernetes.io/pod-name"]?.first }

        var isDenied: Bool { annotations?["authorization.k8s.io/decision"] == "forbid" }
        /// Whether it changes anything, be it only an Event.
        var isChange: Bool { !["get", "list", "watch"].contains(verb) && !requestURI.contains("dryRun=All") }
        var isOfEvent: Bool { requestURI.hasPrefix("/apis/events.k8s.io/") }
        /// Whether it changes anything but Events, which only say what was done.
        var isWrite: Bool { isChange && !isOfEvent }
        var description: String { "\(verb) \(requestURI)" }
    }

    /// All requests so far of an account in `hardening-system`, by default the one that `manifests/` gives the operator.
    func auditedRequests(by account: String = "hardening-operator") -> [AuditedRequest] {
        auditLog.requests(by: "system:serviceaccount:hardening-system:\(account)")
    }
}

/// The API server's audit log, of which every line is read once: a test asks for it again and again, and it only grows.
final class AuditLog: Sendable {
    private struct State {
        var position: UInt64 = 0
        var requests: [String: [ControlPlane.AuditedRequest]] = [:]
    }

    private let path: String
    private let state = Mutex(State())

    init(path: String) { self.path = path }

    /// All requests so far by this user.
    func requests(by user: String) -> [ControlPlane.AuditedRequest] {
        state.withLock { state in
            for line in newLines(after: &state.position) {
                guard let request = try? JSONDecoder().decode(ControlPlane.AuditedRequest.self, from: line) else {
                    continue
                }
                state.requests[request.user.username, default: []].append(request)
            }
            return state.requests[user] ?? []
        }
    }

    // Those that have been written to their end. The server makes the file at the first request.
    private func newLines(after position: inout UInt64) -> [Data] {
        guard let file = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? file.close() }
        // Else a test that looks for what was not asked for would find nothing, and pass.
        if let size = try? file.seekToEnd(), size < position {
            Issue.record("the server has begun the audit log anew, and what it said last has not been read")
        }
        guard (try? file.seek(toOffset: position)) != nil, let text = try? file.readToEnd(),
            let end = text.lastIndex(of: UInt8(ascii: "\n"))
        else { return [] }
        position += UInt64(text.distance(from: text.startIndex, to: end) + 1)
        return text[..<end].split(separator: UInt8(ascii: "\n"))
    }
}
