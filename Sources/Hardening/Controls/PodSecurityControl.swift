import KubernetesAPI
import PodSecurity

/// `podSecurity`: the namespace's six `pod-security.kubernetes.io/*` labels are at least as strict as asked for
/// (CIS 5.2.1; Kubernetes documentation, *Pod Security Admission*).
///
/// A label that somebody else set at least as strictly is theirs and stays so: nothing is ever weakened. The version of
/// `enforce` is pinned to the server's minor when it is first applied, so that an upgrade of the cluster warns before it
/// bites.
public struct PodSecurityControl: Control {
    /// The name of its field in the profile.
    public static let name = ControlName.podSecurity

    /// What a label governs.
    enum Kind: String, CaseIterable {
        case enforce, audit, warn

        var levelLabel: String { "pod-security.kubernetes.io/\(rawValue)" }
        var versionLabel: String { "\(levelLabel)-version" }
    }

    /// Keys of all six labels.
    static let labels = Set(Kind.allCases.flatMap { [$0.levelLabel, $0.versionLabel] })

    /// The labels that enforce `policy`.
    public static func enforceLabels(_ policy: Policy) -> [String: String] {
        [Kind.enforce.levelLabel: policy.level.rawValue, Kind.enforce.versionLabel: policy.version.description]
    }

    /// Whether the server takes `value` for the label `key`.
    static func isValid(_ value: String, for key: String) -> Bool {
        guard labels.contains(key) else { return LabelSyntax.isValidValue(value) }
        return Level(rawValue: value) != nil && !key.hasSuffix("-version")
            || Version(value) != nil && key.hasSuffix("-version")
    }

    /// What it does, the profile's own mode being the ceiling.
    public let mode: Mode
    private let levels: [Kind: Level]
    // `nil` for the pinned version of the server.
    private let versions: [Kind: Version?]
    /// Whether `enforce` is written at once.
    let isImmediate: Bool
    /// For how many seconds nothing must have violated what is to be enforced.
    let observeSeconds: Int64

    init(_ spec: PodSecuritySpec, mode: Mode, problems: inout [FieldError]) {
        self.mode = mode
        levels = [
            .enforce: spec.enforce ?? .baseline, .audit: spec.audit ?? .restricted, .warn: spec.warn ?? .restricted,
        ]
        func version(_ text: String?, _ field: String, default standard: Version?) -> Version? {
            guard let text else { return standard }
            if let version = Version(text) { return version }
            problems.append(
                FieldError(
                    "spec.controls.podSecurity.\(field)",
                    value: text,
                    expected: "latest or a version such as v1.36"
                )
            )
            return standard
        }
        versions = [
            .enforce: version(spec.enforceVersion, "enforceVersion", default: nil),
            .audit: version(spec.auditVersion, "auditVersion", default: .latest),
            .warn: version(spec.warnVersion, "warnVersion", default: .latest),
        ]
        isImmediate = spec.rollout?.strategy == .immediate
        let observe = spec.rollout?.observe ?? "24h"
        if GoDuration.seconds(observe) == nil {
            let path = "spec.controls.podSecurity.rollout.observe"
            problems.append(FieldError(path, value: observe, expected: GoDuration.rule))
        }
        observeSeconds = GoDuration.seconds(observe) ?? 86_400
    }

    /// What a person should know of it in this namespace.
    public func assess(_ view: NamespaceView) -> [Finding] {
        Kind.allCases.compactMap { kind in
            let wanted = wanted(kind, in: view)
            let level = view.namespace.labels[kind.levelLabel]
            if let present = Self.policy(kind, in: view.namespace), present.isAtLeastAsStrict(as: wanted) { return nil }
            let version = view.namespace.labels[kind.versionLabel].map { ":\($0)" } ?? ""
            let present =
                level.map { "is \($0)\(version)" } ?? "is not set, and what the cluster defaults to cannot be seen"
            return finding(
                view,
                kind == .enforce ? .high : .medium,
                .podSecurityLabelWeak,
                "label \(kind.levelLabel) \(present): \(wanted) is asked for"
            )
        }
    }

    /// The labels that the operator is to own on this namespace: those without which it would be less strict than asked
    /// for. Whatever stood there before the operator came is looked at as if it still did, so that a profile that asks
    /// for less, or another that takes over, never makes a namespace less strict than its owners did.
    ///
    /// - Parameter enforced: what `enforce` is to say; `nil` if it is not to be written.
    func ownLabels(_ view: NamespaceView, enforcing enforced: Policy?) -> [String: String] {
        let namespace = view.namespace
        let before = Previous(annotation: namespace.previous)
        var labels: [String: String] = [:]
        for kind in Kind.allCases {
            guard let wanted = kind == .enforce ? enforced : wanted(kind, in: view) else { continue }
            let theirs = theirs(kind, before, in: view)
            // Where nothing is asked for, whatever they ask for is enough.
            if wanted.level == .privileged, theirs.level != nil { continue }
            // What others set to the very value of ours stays ours too: its owners may take it off again.
            let levelIsTheirs =
                theirs.level.map { $0 > wanted.level } ?? false
                || theirs.level == wanted.level && !namespace.sharedLabels.contains(kind.levelLabel)
            if !levelIsTheirs { labels[kind.levelLabel] = wanted.level.rawValue }

            // To a level of theirs without a version that it understands, the server applies the latest.
            if let version = theirs.version ?? (levelIsTheirs ? .latest : nil), version >= wanted.version {
                if version > wanted.version || !namespace.sharedLabels.contains(kind.versionLabel) { continue }
            }
            labels[kind.versionLabel] = max(wanted.version, theirs.implied ?? wanted.version).description
        }
        return labels
    }

    // The namespace's labels are one document with the operator's mark: see `NamespaceDocument`.
    /// The writes that make it so on behalf of `profile`.
    public func plan(
        _ view: NamespaceView,
        for profile: String,
        replacing replaceable: Set<String>
    ) -> [Operation] { [] }
    /// The writes that give back what was written on behalf of `profiles`.
    public static func release(_ view: NamespaceView, of profiles: Set<String>) -> [Operation] { [] }

    /// What it wants enforced here, together with what others ask for.
    func target(_ view: NamespaceView) -> Policy {
        let wanted = wanted(.enforce, in: view)
        if wanted.level == .privileged { return wanted }
        let theirs = theirs(.enforce, Previous(annotation: view.namespace.previous), in: view)
        return wanted.joined(
            with: Policy(
                level: theirs.level ?? .privileged,
                version: theirs.version ?? theirs.implied ?? wanted.version
            )
        )
    }

    // What stands there, or stood there before the operator came; and what a level without a version means to the server.
    private func theirs(
        _ kind: Kind,
        _ before: Previous,
        in view: NamespaceView
    ) -> (level: Level?, version: Version?, implied: Version?) {
        let namespace = view.namespace
        func theirs(_ key: String) -> String? {
            namespace.ownedLabels.contains(key) && !namespace.sharedLabels.contains(key)
                ? before.values[key] ?? nil : namespace.labels[key]
        }
        let level = theirs(kind.levelLabel).flatMap(Level.init(rawValue:))
        let version = theirs(kind.versionLabel).flatMap(Version.init)
        let isImplied = version == nil && level.map { $0 > .privileged } ?? false
        return (level, version, isImplied ? .minor(view.cluster.serverMinor) : nil)
    }

    private func wanted(_ kind: Kind, in view: NamespaceView) -> Policy {
        let level = levels[kind] ?? .restricted
        if let version = versions[kind] ?? nil { return Policy(level: level, version: version) }
        if view.namespace.ownedLabels.contains(kind.versionLabel),
            let pinned = view.namespace.labels[kind.versionLabel].flatMap(Version.init), pinned != .latest
        {
            return Policy(level: level, version: pinned)
        }
        return Policy(level: level, version: .minor(view.cluster.serverMinor))
    }

    /// What the labels of `kind` ask for; `nil` when there is no level, or one that the server would not take.
    static func policy(_ kind: Kind, in namespace: ObservedNamespace) -> Policy? {
        guard let level = namespace.labels[kind.levelLabel].flatMap(Level.init(rawValue:)) else { return nil }
        // The server takes an absent version, and one that it does not understand, for the latest.
        let version = namespace.labels[kind.versionLabel].flatMap(Version.init) ?? .latest
        return Policy(level: level, version: version)
    }
}
