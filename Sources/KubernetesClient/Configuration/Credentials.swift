/// How a request says who sends it, besides a client certificate.
public enum Credentials: Sendable, Hashable, Redacted {
    /// No `Authorization` header.
    case none
    /// HTTP basic authentication. Kubernetes removed its own support in 1.19; an authenticating proxy may want it.
    case basic(username: String, password: String)
    /// A bearer token that never changes.
    case token(String)
    /// A bearer token in a file that something else rotates; `fallback` is used for as long as it was never readable.
    case tokenFile(String, fallback: String? = nil)
    /// A program that prints credentials.
    case exec(ExecConfiguration)

    /// The kind and the paths; never a token or a password.
    public var description: String {
        switch self {
        case .none: "none"
        case .basic(let username, _): "basic authentication as \"\(username)\""
        case .token: "token (redacted)"
        case .tokenFile(let path, _): "token file \(path)"
        case .exec(let configuration): "exec plugin \(configuration)"
        }
    }
}

/// Whom requests act for, sent as `Impersonate-*` headers.
///
/// Rule: Kubernetes documentation, "Authenticating", section "User impersonation".
public struct Impersonation: Sendable, Hashable {
    /// `as`: the user's name, never empty.
    public var user: String
    /// `as-uid`.
    public var uid: String?
    /// `as-groups`, in the order given.
    public var groups: [String]
    /// `as-user-extra`.
    public var extra: [String: [String]]

    /// Acting for `user`.
    public init(user: String, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }
}
