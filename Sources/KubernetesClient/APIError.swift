import KubernetesAPI
import PrintableText

/// The API server answered, and its answer was no.
public struct APIError: Error, Sendable, Hashable {
    /// What was asked, such as `PATCH /api/v1/namespaces/shop`.
    public var request: String
    /// The HTTP status code, or that of a status inside a watch.
    public var code: Int
    /// What the server said, if it spoke Kubernetes.
    public var status: Status?
    /// Else the beginning of what it said, at most 2 KiB.
    public var body: String
    /// How long to wait before trying again, if it said so, from the header or the status; at most an hour.
    public var retryAfter: Duration?

    // Beyond that no server is still serious: taken at its word, it could silence a controller for good.
    private static let longestRetryAfter = Duration.seconds(3600)

    /// An error with the given parts.
    public init(request: String, code: Int, status: Status? = nil, body: String = "", retryAfter: Duration? = nil) {
        self.request = request
        self.code = code
        self.status = status
        self.body = body
        self.retryAfter = (retryAfter ?? status?.details?.retryAfterSeconds.map { .seconds($0) })
            .map { min(max($0, .zero), Self.longestRetryAfter) }
    }

    /// The requested version is no longer kept: list anew. Comes as HTTP 410, or as 410 within a stream.
    public var isExpired: Bool { code == 410 || status?.reason == "Expired" || status?.reason == "Gone" }

    /// The requested version has not reached this server yet: ask without a version.
    ///
    /// Source: `apiserver/pkg/storage/errors.go`; servers before 1.17 give only the message.
    public var isTooLargeResourceVersion: Bool {
        code == 504
            && (status?.hasCause("ResourceVersionTooLarge") == true
                || status?.message?.contains("Too large resource version") == true)
    }

    /// The object is not there.
    public var isNotFound: Bool { code == 404 }

    /// The *path* is not there: the server does not serve this resource. Distinguished from a missing object by the
    /// status naming none.
    public var isUnservedResource: Bool { code == 404 && (status?.details?.name ?? "").isEmpty }

    /// Somebody else wrote in between, or it exists already.
    public var isConflict: Bool { code == 409 }

    /// The credentials were not accepted.
    public var isUnauthorized: Bool { code == 401 }

    /// The credentials were accepted, and do not suffice.
    public var isForbidden: Bool { code == 403 }

    /// The namespace is on its way out and takes nothing new: no fault, stop quietly.
    public var isNamespaceTerminating: Bool { code == 403 && status?.hasCause("NamespaceTerminating") == true }

    /// Trying the same again cannot help until something else changes: refused for good (400, 403, 405, 413, 415, 422).
    public var isTerminal: Bool {
        switch code {
        case 400, 403, 405, 413, 415, 422: !isNamespaceTerminating
        default: false
        }
    }
}

extension APIError: CustomStringConvertible {
    /// What was asked, and what was answered, in one printable line of at most 4,096 Unicode scalars: the answer may quote
    /// what anybody wrote into the cluster, and be that of any server in between.
    public var description: String {
        let said = status?.message ?? (body.isEmpty ? "no further explanation" : body)
        let answer = [String(code), status?.reason].compactMap(\.self).joined(separator: " ")
        return "\(request): \(answer): \(said)".printable(upTo: 4_096)
    }
}

/// There was no answer, or none that could be understood.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong with a request.
    public enum Kind: Sendable, Hashable {
        /// No connection came about; nothing was sent.
        case connect
        /// The connection broke or timed out with the request under way: whether it was carried out is unknown.
        case interrupted
        /// The answer was not what the protocol says.
        case malformed
    }

    /// What went wrong.
    public var kind: Kind
    /// For people, in one printable line of at most 4,096 Unicode scalars.
    public let message: String

    /// An error of this kind.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message.printable(upTo: 4_096)
    }

    /// The message.
    public var description: String { message }
}
