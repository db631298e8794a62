/// One line of the API server's record of who owns which field.
///
/// Source: API docs, *Server-Side Apply*, "Field management".
public struct ManagedFieldsEntry: Sendable, Hashable {
    /// How a manager came to own its fields.
    public enum Operation: String, Sendable, JSONReadable {
        /// By server-side apply: the manager's whole intent.
        case apply = "Apply"
        /// By create, update or patch.
        case update = "Update"
    }

    /// The name that the client gave itself.
    public var manager: String
    /// How it wrote.
    public var operation: Operation
    /// The subresource it wrote through, empty for the object itself.
    public var subresource: String
    /// What it owns.
    public var fields: FieldSet
    /// When that last changed.
    public var time: Timestamp?

    /// An entry with the given parts.
    public init(
        manager: String,
        operation: Operation,
        subresource: String = "",
        fields: FieldSet = .init(),
        time: Timestamp? = nil
    ) {
        self.manager = manager
        self.operation = operation
        self.subresource = subresource
        self.fields = fields
        self.time = time
    }

    /// Whether this is what `manager` applied to the object itself.
    func isApply(by manager: String) -> Bool {
        self.manager == manager && operation == .apply && subresource.isEmpty
    }
}

extension ManagedFieldsEntry: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        manager = try json.value("manager") ?? ""
        operation = try json.value("operation") ?? .update
        subresource = try json.value("subresource") ?? ""
        fields = try json.value("fieldsV1") ?? FieldSet()
        // Nothing is lost with a time that cannot be read: it only tells who was there last.
        time = try? json.value("time")
    }
}

/// The part of a `fieldsV1` document that decides what is ours on an object we share with others: label and
/// annotation keys, and the names of top-level fields.
public struct FieldSet: Sendable, Hashable {
    /// Keys below `metadata.labels`.
    public var labels: Set<String>
    /// Keys below `metadata.annotations`.
    public var annotations: Set<String>
    /// Names of fields beside `metadata`, such as `automountServiceAccountToken`.
    public var topLevel: Set<String>

    /// A set of the given keys.
    public init(labels: Set<String> = [], annotations: Set<String> = [], topLevel: Set<String> = []) {
        self.labels = labels
        self.annotations = annotations
        self.topLevel = topLevel
    }

    /// Whether both have something.
    func intersects(_ other: FieldSet) -> Bool {
        !labels.isDisjoint(with: other.labels) || !annotations.isDisjoint(with: other.annotations)
            || !topLevel.isDisjoint(with: other.topLevel)
    }

    /// Adds what `other` has.
    mutating func formUnion(_ other: FieldSet) {
        labels.formUnion(other.labels)
        annotations.formUnion(other.annotations)
        topLevel.formUnion(other.topLevel)
    }
}

extension FieldSet: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        // Keys read "f:NAME" for a field; "." and list members carry nothing that is asked for here.
        func names(_ json: JSONReader?) throws(JSONError) -> Set<String> {
            var names: Set<String> = []
            try json?.forEachMember { (name, _) throws(JSONError) in
                if name.hasPrefix("f:") { names.insert(String(name.dropFirst(2))) }
            }
            return names
        }
        let metadata = try json.member("f:metadata")
        self.init(
            labels: try names(try metadata?.member("f:labels")),
            annotations: try names(try metadata?.member("f:annotations")),
            topLevel: try names(json).subtracting(["metadata"])
        )
    }
}
