/// `metav1.Status`: what the API server answers when it does not answer with an object.
public struct Status: Sendable, Hashable {
    /// One of several causes, such as one invalid field.
    public struct Cause: Sendable, Hashable {
        /// A machine-readable word, such as `FieldManagerConflict` or `NamespaceTerminating`.
        public var reason: String?
        /// For people.
        public var message: String?
        /// The field, in the object's own words.
        public var field: String?
    }

    /// What the failure was about.
    public struct Details: Sendable, Hashable {
        /// The object's name. Absent when the *path* was not found: the resource is not served.
        public var name: String?
        /// The resource or kind.
        public var kind: String?
        /// Several causes, if any.
        public var causes: [Cause]?
        /// When to try again at the earliest, in seconds.
        public var retryAfterSeconds: Int?
    }

    /// `Success` or `Failure`.
    public var status: String?
    /// For people.
    public var message: String?
    /// A machine-readable word, such as `Expired` or `AlreadyExists`.
    public var reason: String?
    /// What it is about.
    public var details: Details?
    /// The HTTP status code, also when it comes inside a watch.
    public var code: Int?

    /// A status with the given parts.
    public init(message: String? = nil, reason: String? = nil, code: Int? = nil) {
        self.status = "Failure"
        self.message = message
        self.reason = reason
        self.code = code
    }

    /// Whether one of the causes has this reason.
    public func hasCause(_ reason: String) -> Bool {
        details?.causes?.contains { $0.reason == reason } ?? false
    }
}

extension Status: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        status = try json.value("status")
        message = try json.value("message")
        reason = try json.value("reason")
        details = try json.value("details")
        code = try json.value("code")
    }
}

extension Status.Details: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        name = try json.value("name")
        kind = try json.value("kind")
        causes = try json.value("causes")
        retryAfterSeconds = try json.value("retryAfterSeconds")
    }
}

extension Status.Cause: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        reason = try json.value("reason")
        message = try json.value("message")
        field = try json.value("field")
    }
}
