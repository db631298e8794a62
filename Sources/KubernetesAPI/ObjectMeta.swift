/// The part of `metav1.ObjectMeta` that controllers read.
///
/// Source: Kubernetes API reference, *ObjectMeta*. Fields that nothing here reads are not decoded.
public struct ObjectMeta: Sendable, Hashable {
    /// Unique within its namespace and resource; at most 253 bytes.
    public var name: String
    /// The namespace, or `nil` for a cluster-scoped object.
    public var namespace: String?
    /// Distinguishes two objects that bear the same name one after the other.
    public var uid: String
    /// Changes with each write. Opaque, but see ``ResourceVersion`` for what may be compared.
    public var resourceVersion: ResourceVersion
    /// Changes when the desired state does; 0 for kinds that do not count it.
    public var generation: Int64
    /// When the object came to be, to the second.
    public var creationTimestamp: Timestamp?
    /// Set once deletion was asked for: nothing may be created beneath it any more.
    public var deletionTimestamp: Timestamp?
    /// Labels by key.
    public var labels: [String: String]
    /// Annotations by key.
    public var annotations: [String: String]
    /// Names of those who must agree before a deleted object goes.
    public var finalizers: [String]
    /// Whom it belongs to.
    public var ownerReferences: [OwnerReference]
    /// Who owns which field, as the API server records it.
    public var managedFields: [ManagedFieldsEntry]

    /// Metadata with the given parts, everything else empty.
    public init(
        name: String,
        namespace: String? = nil,
        uid: String = "",
        resourceVersion: ResourceVersion = .init(""),
        generation: Int64 = 0,
        creationTimestamp: Timestamp? = nil,
        deletionTimestamp: Timestamp? = nil,
        labels: [String: String] = [:],
        annotations: [String: String] = [:],
        finalizers: [String] = [],
        ownerReferences: [OwnerReference] = [],
        managedFields: [ManagedFieldsEntry] = []
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.generation = generation
        self.creationTimestamp = creationTimestamp
        self.deletionTimestamp = deletionTimestamp
        self.labels = labels
        self.annotations = annotations
        self.finalizers = finalizers
        self.ownerReferences = ownerReferences
        self.managedFields = managedFields
    }

    /// The one that manages it, if anyone does.
    public var controller: OwnerReference? { ownerReferences.first { $0.controller == true } }

    /// The fields that `manager` owns by server-side apply, or `nil` if it never applied this object (or owns nothing
    /// of it any more). Applies to subresources are left out.
    public func fieldsApplied(by manager: String) -> FieldSet? {
        managedFields.first { $0.isApply(by: manager) }?.fields
    }

    /// The fields that anyone owns but `manager` by server-side apply.
    public func fieldsOwned(besides manager: String) -> FieldSet {
        managedFields.filter { !$0.isApply(by: manager) }.reduce(into: FieldSet()) { $0.formUnion($1.fields) }
    }

    /// Who has changed any of `fields`, or taken it away, since `manager` applied them; `nil` if the record does not say.
    ///
    /// Who takes a field away owns nothing of it afterwards. So where nobody owns any of them, it is whoever wrote last.
    public func lastWriter(of fields: FieldSet, since manager: String) -> String? {
        let applied = managedFields.first { $0.isApply(by: manager) }?.time
        let since = managedFields.filter { entry in
            guard !entry.isApply(by: manager), entry.subresource.isEmpty, !entry.manager.isEmpty else { return false }
            guard let applied else { return true }
            return entry.time.map { $0 >= applied } ?? false
        }.sorted { left, right in
            left.time != right.time
                ? (left.time.map { time in right.time.map { time < $0 } ?? false } ?? true)
                : left.manager < right.manager
        }
        return (since.last { $0.fields.intersects(fields) } ?? since.last)?.manager
    }
}

extension ObjectMeta: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        try self.init(json: json, readsManagedFields: true)
    }

    /// Reads the API's form, with or without the record of who owns what, which is most of what there is to read.
    init(json: JSONReader, readsManagedFields: Bool) throws(JSONError) {
        name = try json.value("name") ?? ""
        namespace = try json.value("namespace")
        uid = try json.value("uid") ?? ""
        resourceVersion = try json.value("resourceVersion") ?? ResourceVersion("")
        generation = try json.value("generation") ?? 0
        creationTimestamp = try json.value("creationTimestamp")
        deletionTimestamp = try json.value("deletionTimestamp")
        labels = try json.value("labels") ?? [:]
        annotations = try json.value("annotations") ?? [:]
        finalizers = try json.value("finalizers") ?? []
        ownerReferences = try json.value("ownerReferences") ?? []
        managedFields = readsManagedFields ? try json.value("managedFields") ?? [] : []
    }
}

extension JSONReader {
    /// The metadata of the object that this is.
    ///
    /// - Throws: ``JSONError`` when this is no object, or has none.
    public func metadata(readsManagedFields: Bool = true) throws(JSONError) -> ObjectMeta {
        guard let metadata = try member("metadata") else { throw JSONError(path: "metadata", message: "is not set") }
        return try ObjectMeta(json: metadata, readsManagedFields: readsManagedFields)
    }
}
