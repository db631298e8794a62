import Hardening
import KubernetesAPI
import TestSupport
import Testing

extension ClusterFacts {
    /// A cluster whose DNS and API server are known.
    static let usual = {
        var facts = unproven
        facts.networkPolicyProvider = .found("DaemonSet kube-system/calico-node")
        facts.podSecurityAdmission = .found("it refuses a level that there is not")
        return facts
    }()

    /// The same, where nobody knows whether what is enforced has any effect.
    static let unproven = ClusterFacts(
        serverMinor: 34,
        dns: DNSFacts(
            namespace: "kube-system",
            podLabels: ["k8s-app": "kube-dns"],
            addresses: ["10.96.0.10", "fd00::a"],
            ports: [TransportPort("TCP", 53), TransportPort("UDP", 53)]
        ),
        apiServer: APIServerFacts(endpoints: [
            .init(address: "10.0.0.5", ports: [6443]), .init(address: "10.96.0.1", ports: [443]),
        ])
    )
}

/// A namespace and what is in it, to which plans can be applied.
///
/// No API server: it knows nothing but that what an operation names is there afterwards, and whose it then is.
struct Room {
    var namespace = ObjectMeta(name: "team-a", uid: "uid-team-a")
    var policies: [String: NetworkPolicy] = [:]
    var accounts: [String: ServiceAccount] = [:]
    var ranges: [String: LimitRange] = [:]
    var bound: Set<String> = []
    var cluster = ClusterFacts.usual
    private var writes = 0

    init(labels: [String: String] = [:], cluster: ClusterFacts = .usual) {
        namespace.labels = labels
        namespace.note("kubectl", .update, FieldSet(labels: Set(labels.keys)))
        self.cluster = cluster
    }

    var view: NamespaceView {
        NamespaceView(
            namespace: ObservedNamespace(Namespace(metadata: namespace)),
            networkPolicies: policies.values.map { ObservedNetworkPolicy($0) },
            serviceAccounts: accounts.values.map { ObservedServiceAccount($0) },
            limitRanges: ranges.values.map { ObservedLimitRange($0) },
            boundAccounts: bound,
            cluster: cluster
        )
    }

    // MARK: What a team does

    mutating func add(policy name: String, _ spec: String) throws {
        policies[name] = NetworkPolicy(
            metadata: ObjectMeta(name: name, namespace: namespace.name, uid: "uid-\(name)"),
            spec: try read(NetworkPolicy.Spec.self, spec)
        )
    }

    mutating func add(account name: String, automount: Bool? = nil) {
        var metadata = ObjectMeta(name: name, namespace: namespace.name, uid: "uid-\(name)")
        if automount != nil { metadata.note("kubectl", .update, FieldSet(topLevel: [Self.automount])) }
        accounts[name] = ServiceAccount(metadata: metadata, automountServiceAccountToken: automount)
    }

    mutating func add(limitRange name: String, _ limits: String) throws {
        ranges[name] = LimitRange(
            metadata: ObjectMeta(name: name, namespace: namespace.name, uid: "uid-\(name)"),
            spec: .init(limits: try read([LimitRange.Item].self, limits))
        )
    }

    /// Somebody labels the namespace, or with `nil` takes a label off.
    mutating func label(_ key: String, _ value: String?, as manager: String = "kubectl") {
        namespace.note(manager, .update, FieldSet(labels: [key]), changed: FieldSet(labels: [key]))
        namespace.labels[key] = value
        if value == nil { namespace.forget(FieldSet(labels: [key])) }
    }

    /// Somebody sets an account's field.
    mutating func set(_ account: String, automount: Bool?) {
        let field = FieldSet(topLevel: [Self.automount])
        accounts[account]?.metadata.note("kubectl", .update, field, changed: field)
        accounts[account]?.automountServiceAccountToken = automount
        if automount == nil { accounts[account]?.metadata.forget(field) }
    }

    // MARK: What a plan does

    static let automount = "automountServiceAccountToken"

    mutating func carryOut(_ plan: Plan) throws {
        for operation in plan.steps.flatMap(\.operations) { try carryOut(operation) }
    }

    mutating func carryOut(_ operation: Hardening.Operation) throws {
        #expect(operation.namespace == namespace.name)
        writes += 1
        switch operation.target {
        case .namespace: try change(&namespace, operation.verb)
        case .networkPolicy(let name):
            if case .delete(let uid) = operation.verb {
                #expect(policies.removeValue(forKey: name)?.metadata.uid == uid)
            } else {
                var policy = policies[name] ?? NetworkPolicy(metadata: fresh(name), spec: .init())
                policy.spec = try read(NetworkPolicy.Spec.self, change(&policy.metadata, operation.verb)["spec"] ?? [:])
                policies[name] = policy
            }
        case .limitRange(let name):
            if case .delete(let uid) = operation.verb {
                #expect(ranges.removeValue(forKey: name)?.metadata.uid == uid)
            } else {
                var range = ranges[name] ?? LimitRange(metadata: fresh(name), spec: .init(limits: []))
                range.spec = try read(LimitRange.Spec.self, change(&range.metadata, operation.verb)["spec"] ?? [:])
                ranges[name] = range
            }
        case .serviceAccount(let name):
            var account = accounts[name] ?? ServiceAccount(metadata: fresh(name))
            let before = account
            let document = try change(
                &account.metadata,
                operation.verb,
                value: account.automountServiceAccountToken.map { .bool($0) }
            )
            switch (document[Self.automount], operation.verb) {
            case (.bool(let value), _): account.automountServiceAccountToken = value
            case (.null, _): account.automountServiceAccountToken = nil
            case (_, .apply) where before.metadata.isOursAlone(Self.automount):
                account.automountServiceAccountToken = nil
            default: break
            }
            accounts[name] = account
        }
    }

    private func fresh(_ name: String) -> ObjectMeta {
        ObjectMeta(name: name, namespace: namespace.name, uid: "uid-\(name)-\(writes)")
    }

    // Merges labels and annotations, and notes whose they and the fields beside `metadata` are.
    @discardableResult
    private func change(
        _ metadata: inout ObjectMeta,
        _ verb: Hardening.Operation.Verb,
        value: JSONValue? = nil
    ) throws -> JSONValue {
        let document: JSONValue
        let isApply: Bool
        switch verb {
        case .apply(let applied):
            // A null would be a value of ours, and the server refuses managedFields.
            #expect(!applied.hasNull && applied["metadata"]?["managedFields"] == nil, "P4")
            (document, isApply) = (applied, true)
        case .merge(let patch): (document, isApply) = (patch, false)
        case .delete: throw Unexpected()
        }
        let written = document["metadata"] ?? [:]
        if let uid = written["uid"] { #expect(uid == .string(metadata.uid)) }
        if let version = written["resourceVersion"] { #expect(version == .string(metadata.resourceVersion.rawValue)) }
        let labels = try read([String: String?].self, written["labels"] ?? [:])
        let annotations = try read([String: String?].self, written["annotations"] ?? [:])
        var fields = FieldSet(labels: Set(labels.keys), annotations: Set(annotations.keys))
        var changed = FieldSet(
            labels: Set(labels.filter { metadata.labels[$0.key] != $0.value }.keys),
            annotations: Set(annotations.filter { metadata.annotations[$0.key] != $0.value }.keys)
        )
        if let own = document[Self.automount] {
            fields.topLevel = [Self.automount]
            if own != value { changed.topLevel = [Self.automount] }
        }
        if isApply {
            for key in metadata.labels.keys where !fields.labels.contains(key) && metadata.isOursAlone(label: key) {
                metadata.labels[key] = nil
            }
            metadata.forget(Marks.fieldManager, .apply)
            metadata.note(Marks.fieldManager, .apply, fields, changed: changed)
        } else {
            metadata.note(Marks.fieldManager, .update, changed, changed: changed)
        }
        for (key, value) in labels { metadata.labels[key] = value }
        for (key, value) in annotations { metadata.annotations[key] = value }
        metadata.forget(
            FieldSet(
                labels: Set(labels.filter { $0.value == nil }.keys),
                annotations: Set(annotations.filter { $0.value == nil }.keys),
                topLevel: document[Self.automount] == .null ? [Self.automount] : []
            )
        )
        metadata.resourceVersion = ResourceVersion("\(writes)")
        return document
    }

    private struct Unexpected: Error {}
}

extension ObjectMeta {
    /// Notes that `manager` wrote `fields`; of those that changed thereby, nobody else holds one any more.
    fileprivate mutating func note(
        _ manager: String,
        _ operation: ManagedFieldsEntry.Operation,
        _ fields: FieldSet,
        changed: FieldSet = .init()
    ) {
        for index in managedFields.indices { managedFields[index].fields.subtract(changed) }
        let index = managedFields.firstIndex { $0.manager == manager && $0.operation == operation }
        if let index {
            managedFields[index].fields.add(fields)
        } else {
            managedFields.append(.init(manager: manager, operation: operation, fields: fields))
        }
        managedFields.removeAll { $0.fields == FieldSet() }
    }

    /// Takes fields that are gone off every record.
    fileprivate mutating func forget(_ fields: FieldSet) {
        for index in managedFields.indices { managedFields[index].fields.subtract(fields) }
        managedFields.removeAll { $0.fields == FieldSet() }
    }

    fileprivate mutating func forget(_ manager: String, _ operation: ManagedFieldsEntry.Operation) {
        managedFields.removeAll { $0.manager == manager && $0.operation == operation }
    }

    fileprivate func isOursAlone(_ field: String) -> Bool {
        fieldsApplied(by: Marks.fieldManager)?.topLevel.contains(field) == true
            && !fieldsOwned(besides: Marks.fieldManager).topLevel.contains(field)
    }

    fileprivate func isOursAlone(label: String) -> Bool {
        fieldsApplied(by: Marks.fieldManager)?.labels.contains(label) == true
            && !fieldsOwned(besides: Marks.fieldManager).labels.contains(label)
    }

    /// Whether anything of it is recorded as applied by the operator.
    var mentionsUs: Bool { fieldsApplied(by: Marks.fieldManager) != nil }

    /// Somebody else applies `label` with the value that it has.
    mutating func share(label: String, with manager: String) {
        note(manager, .apply, FieldSet(labels: [label]))
    }

    /// Somebody else applies a top-level field with the value that it has.
    mutating func share(field: String, with manager: String) {
        note(manager, .apply, FieldSet(topLevel: [field]))
    }
}

extension FieldSet {
    fileprivate mutating func subtract(_ other: FieldSet) {
        labels.subtract(other.labels)
        annotations.subtract(other.annotations)
        topLevel.subtract(other.topLevel)
    }

    fileprivate mutating func add(_ other: FieldSet) {
        labels.formUnion(other.labels)
        annotations.formUnion(other.annotations)
        topLevel.formUnion(other.topLevel)
    }
}

/// What people and the server see of a namespace, leaving aside whose it is and when it was written.
struct RoomState: Equatable, Sendable {
    var labels: [String: String]
    var annotations: [String: String]
    var policies: [String: NetworkPolicy.Spec]
    var ranges: [String: Set<LimitRange.Item>]
    var accounts: [String: Bool?]
    var marks: [String: [String: String]]
    var mentionsUs: Set<String>
}

extension RoomState {
    /// What differs in `other`, field by field.
    func differences(from other: RoomState) -> [String] {
        func compare<Value: Equatable>(_ name: String, _ own: [String: Value], _ other: [String: Value]) -> [String] {
            Set(own.keys).union(other.keys).sorted().compactMap { key in
                func text(_ value: Value?) -> String { value.map { "\($0)" } ?? "absent" }
                return own[key] == other[key] ? nil : "\(name) \(key): \(text(own[key])), not \(text(other[key]))"
            }
        }
        return compare("label", labels, other.labels) + compare("annotation", annotations, other.annotations)
            + compare("policy", policies, other.policies) + compare("range", ranges, other.ranges)
            + compare("account", accounts, other.accounts) + compare("marks", marks, other.marks)
            + mentionsUs.symmetricDifference(other.mentionsUs).sorted().map { "ours: \($0)" }
    }
}

extension Room {
    var state: RoomState {
        let objects = [
            policies.mapValues(\.metadata), ranges.mapValues(\.metadata), accounts.mapValues(\.metadata),
        ]
        let all = zip(["policy", "range", "account"], objects).flatMap { kind, objects in
            objects.map { ("\(kind) \($0.key)", $0.value) }
        }
        return RoomState(
            labels: namespace.labels,
            annotations: namespace.annotations,
            policies: policies.mapValues(\.spec.normalized),
            ranges: ranges.mapValues { Set($0.spec.limits) },
            accounts: accounts.mapValues(\.automountServiceAccountToken),
            marks: Dictionary(all.map { ($0.0, $0.1.labels.merging($0.1.annotations) { $1 }) }) { $1 },
            mentionsUs: Set(all.filter { $0.1.mentionsUs }.map(\.0) + (namespace.mentionsUs ? ["namespace"] : []))
        )
    }

    /// A namespace with whatever teams have in theirs.
    static func random(_ random: inout SeededGenerator) throws -> Room {
        func oneIn(_ odds: Int) -> Bool { Int.random(in: 0..<odds, using: &random) == 0 }
        func pick<Element>(_ elements: [Element], _ otherwise: Element) -> Element {
            elements.randomElement(using: &random) ?? otherwise
        }
        var room = Room(labels: ["team": "a"])
        for mode in ["enforce", "audit", "warn"] {
            let label = "pod-security.kubernetes.io/\(mode)"
            if oneIn(2) { room.label(label, pick(["privileged", "baseline", "restricted"], "baseline")) }
            if oneIn(3) { room.label(label + "-version", pick(["v1.20", "v1.34", "v1.36", "latest"], "latest")) }
        }
        let policies = [
            "{podSelector: {}, policyTypes: [Ingress, Egress]}", "{podSelector: {}, policyTypes: [Ingress]}",
            "{podSelector: {}, ingress: [{}]}",
            "{podSelector: {matchLabels: {a: b}}, policyTypes: [Egress], egress: [{}]}",
        ]
        for name in ["a", "b"] where oneIn(3) { try room.add(policy: name, pick(policies, "{}")) }
        if oneIn(10) {
            try room.add(policy: pick([Marks.denyPolicyName, Marks.allowPolicyName], ""), pick(policies, "{}"))
        }
        for name in ["default", "builder", "vault-agent"] where !oneIn(3) {
            room.add(account: name, automount: pick([nil, nil, true, false], nil))
            if oneIn(4) { room.bound.insert(name) }
        }
        let ranges = [
            "{type: Container, default: {memory: 512Mi}}", "{type: Container, defaultRequest: {memory: 128Mi, cpu: 1}}",
            "{type: Container, max: {cpu: 2}}", "{type: Pod, max: {memory: 4Gi}}",
        ]
        for name in ["a", "b"] where oneIn(4) { try room.add(limitRange: name, "[\(pick(ranges, "{}"))]") }
        if oneIn(10) { try room.add(limitRange: Marks.limitRangeName, "[\(pick(ranges, "{}"))]") }
        if oneIn(6) { room.cluster.dns = nil }
        if oneIn(6) { room.cluster.apiServer = nil }
        return room
    }
}

/// The controls of some profile, as ``compiled(_:mode:suspend:name:priority:created:)`` takes them.
func randomControls(_ random: inout SeededGenerator) -> String {
    func pick(_ elements: String...) -> String { elements.randomElement(using: &random) ?? "" }
    let controls = [
        """
        networkPolicy: {directions: [\(pick("Ingress", "Egress", "Ingress, Egress"))], allow: {dns: \(pick("Allow", "Deny")),
          sameNamespace: \(pick("Allow", "Deny")), apiServer: \(pick("Allow", "Deny"))}}
        """,
        """
        podSecurity: {enforce: \(pick("privileged", "baseline", "restricted")), warn: \(pick("baseline", "restricted")),
          auditVersion: \(pick("latest", "v1.30"))}
        """,
        """
        serviceAccountToken: {scope: \(pick("All", "Default")), explicitTrue: \(pick("Respect", "Override")),
          boundAccounts: \(pick("Skip", "Include")), exemptServiceAccounts: [\(pick("vault-*", "none"))]}
        """,
        """
        limitRange: {existing: \(pick("Respect", "Add")), limits: [{type: Container, \(
            pick("default: {memory: 256Mi}", "max: {memory: 1Gi}, min: {cpu: 10m}", "defaultRequest: {cpu: 50m, memory: 64Mi}")
        )}]}
        """,
    ]
    let chosen = controls.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
    return (chosen.isEmpty ? controls : chosen).joined(separator: ",\n")
}

extension JSONValue {
    fileprivate var hasNull: Bool {
        switch self {
        case .null: true
        case .array(let elements): elements.contains(where: \.hasNull)
        case .object(let members): members.values.contains(where: \.hasNull)
        default: false
        }
    }
}
