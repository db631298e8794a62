import KubernetesAPI
import PodSecurity

// What may be exempt, and what a profile's exemptions must say.

extension Exemption {
    /// The control that stands for all checks of workloads.
    static let workloadsControl = "workloads"

    /// The controls that can be named.
    static let controls = Set(ControlName.allCases.map(\.rawValue) + [workloadsControl])

    /// The checks that can be named, by their ids.
    static let checks = Set(WorkloadCheck.all.map(\.id))

    /// Those that judge a namespace or the cluster.
    static let widerChecks = Set(WorkloadCheck.all.filter { [.namespace, .cluster].contains($0.scope) }.map(\.id))

    /// Understands `specs`, which stand at `field`; what is not understood is added to `problems`, and left out.
    ///
    /// - Parameter checks: ids of checks that may be named.
    static func parse(
        _ specs: [ExemptionSpec],
        checks: Set<String> = Exemption.checks,
        at field: String,
        _ problems: inout [FieldError]
    ) -> [Exemption] {
        var names: Set<String> = []
        return specs.enumerated().compactMap { index, spec in
            let found = problems.count
            let field = "\(field)[\(index)]"
            let name = spec.name ?? ""
            if !LabelSyntax.isDNSLabel(name) {
                problems.append(FieldError("\(field).name", value: name, expected: LabelSyntax.dnsLabelRule))
            } else if !names.insert(name).inserted {
                problems.append(FieldError("\(field).name", value: name, expected: "different from the others"))
            }
            let reason = spec.reason ?? ""
            if reason.allSatisfy(\.isWhitespace) {
                problems.append(
                    FieldError("\(field).reason", value: reason, expected: "saying what the exemption is for")
                )
            }
            let exemption = Exemption(
                name: name,
                reason: reason,
                owner: spec.owner ?? "",
                expiresAt: end(spec, at: field, &problems),
                subject: subject(spec, checks, at: field, &problems),
                place: place(spec, at: field, &problems),
                workloads: spec.workloads.map { workloads($0, at: "\(field).workloads", &problems) }
            )
            if spec.expiresAt == nil, exemption.place.isBlanket {
                problems.append(
                    FieldError(
                        "\(field).expiresAt",
                        value: "",
                        expected: "set, as it must be for an exemption that holds in every namespace"
                    )
                )
            }
            if spec.workloads != nil { scope(exemption.subject, at: field, &problems) }
            return problems.count == found ? exemption : nil
        }
    }

    private static func end(_ spec: ExemptionSpec, at field: String, _ problems: inout [FieldError]) -> Timestamp? {
        guard let text = spec.expiresAt else { return nil }
        let end = Timestamp(text)
        if end == nil {
            problems.append(
                FieldError(
                    "\(field).expiresAt",
                    value: text,
                    expected: "a time in RFC 3339, such as 2026-11-21T09:30:00Z"
                )
            )
        }
        return end
    }

    private static func subject(
        _ spec: ExemptionSpec,
        _ checks: Set<String>,
        at field: String,
        _ problems: inout [FieldError]
    ) -> Subject {
        func known(_ names: [String], among all: Set<String>, _ part: String) -> Set<String> {
            if names.isEmpty {
                problems.append(FieldError("\(field).\(part)", value: "[]", expected: "at least one, or left out"))
            }
            for (index, name) in names.enumerated() where !all.contains(name) {
                problems.append(
                    FieldError(
                        "\(field).\(part)[\(index)]",
                        value: name,
                        expected: all.count < 10
                            ? "one of \(all.sorted().joined(separator: ", "))"
                            : "the id of a check, such as \(all.nearest(to: name))"
                    )
                )
            }
            return Set(names)
        }
        switch (spec.controls, spec.checks) {
        case (let controls?, nil): return .controls(known(controls, among: Self.controls, "controls"))
        case (nil, let ids?): return .checks(known(ids, among: checks, "checks"))
        case (nil, nil):
            problems.append(FieldError(field, value: spec.name ?? "", expected: "about any controls or checks"))
        case (_?, _?):
            problems.append(
                FieldError("\(field).checks", value: "controls and checks", expected: "only one of the two")
            )
        }
        return .checks([])
    }

    private static func place(_ spec: ExemptionSpec, at field: String, _ problems: inout [FieldError]) -> Place {
        let selector = spec.namespaceSelector
        if let selector { problems += selector.problems(at: "\(field).namespaceSelector") }
        guard let namespaces = spec.namespaces else { return selector.map(Place.labelled) ?? .everywhere }
        if selector != nil {
            problems.append(
                FieldError(
                    "\(field).namespaceSelector",
                    value: "namespaces and namespaceSelector",
                    expected: "only one of the two"
                )
            )
        }
        if namespaces.isEmpty {
            problems.append(FieldError("\(field).namespaces", value: "[]", expected: "at least one, or left out"))
        }
        return .named(Glob.parse(namespaces, at: "\(field).namespaces", &problems))
    }

    private static func workloads(
        _ specs: [ExemptionSpec.Workload],
        at field: String,
        _ problems: inout [FieldError]
    ) -> [Workloads] {
        if specs.isEmpty { problems.append(FieldError(field, value: "[]", expected: "at least one, or left out")) }
        return specs.enumerated().compactMap { index, spec in
            let field = "\(field)[\(index)]"
            let kind = spec.kind ?? ""
            if kind != "*", !isKind(kind) {
                problems.append(FieldError("\(field).kind", value: kind, expected: Self.kindRule))
            }
            if let selector = spec.labelSelector { problems += selector.problems(at: "\(field).labelSelector") }
            guard let name = Glob(spec.name ?? "*") else {
                problems.append(FieldError("\(field).name", value: spec.name ?? "", expected: Glob.rule))
                return nil
            }
            return Workloads(kind: kind == "*" ? nil : kind, name: name, labels: spec.labelSelector)
        }
    }

    private static let kindRule = "a kind such as Deployment, which begins with a capital letter, or *"

    // Of whatever API. Kubernetes' API conventions have kinds in CamelCase; a resource's name, such as deployment, would
    // fit nothing.
    private static func isKind(_ text: String) -> Bool {
        let bytes = text.utf8
        func isCapital(_ byte: UInt8) -> Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte }
        func isSmall(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte }
        guard let first = bytes.first, isCapital(first), bytes.count <= 63 else { return false }
        return bytes.allSatisfy { isCapital($0) || isSmall($0) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }

    // What is of a whole namespace cannot be left out for one workload.
    private static func scope(_ subject: Subject, at field: String, _ problems: inout [FieldError]) {
        let (part, wider) =
            switch subject {
            case .controls(let names): ("control", names.intersection(controls).subtracting([workloadsControl]))
            case .checks(let ids): ("check", ids.intersection(widerChecks))
            }
        for name in wider.sorted() {
            problems.append(
                FieldError(
                    "\(field).workloads",
                    value: name,
                    expected: "a \(part) of single workloads: exempt whole namespaces from it, or leave workloads out"
                )
            )
        }
    }
}

extension Exemption.Place {
    /// Whether it is every namespace that there could be.
    var isBlanket: Bool {
        switch self {
        case .everywhere: true
        case .named(let globs): Self.samples.allSatisfy { name in globs.contains { $0.matches(name) } }
        case .labelled(let selector):
            // Every namespace has its name for a label.
            (selector.matchLabels ?? [:]).isEmpty
                && (selector.matchExpressions ?? []).allSatisfy {
                    $0.key == "kubernetes.io/metadata.name" && $0.operator == .exists
                }
        }
    }

    // Globs that fit each of these together fit all names: one and two of each letter and digit, a long one, one with
    // hyphens.
    private static let samples: [String] =
        "abcdefghijklmnopqrstuvwxyz0123456789".flatMap { ["\($0)", "\($0)\($0)"] }
        + ["a--z", String(repeating: "q", count: 63)]
}

extension Set<String> {
    /// The one that begins most like `name`.
    fileprivate func nearest(to name: String) -> String {
        func likeness(_ id: String) -> Int { zip(id, name).prefix { $0 == $1 }.count }
        return sorted().max { likeness($0) < likeness($1) } ?? ""
    }
}
