import KubernetesAPI
import PodSecurity

/// Why a profile cannot be used: every problem that was found.
public struct InvalidProfile: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, field by field.
    public var problems: [FieldError]

    /// The error of these problems.
    public init(problems: [FieldError]) {
        self.problems = problems
    }

    /// The first five problems, and how many more there are.
    public var description: String {
        let shown = problems.prefix(5).map(\.description).joined(separator: "; ")
        return problems.count > 5 ? "\(shown); and \(problems.count - 5) more" : shown
    }
}

/// A profile that is understood: defaults filled in, patterns parsed, every value checked.
///
/// Either the whole of a profile is understood or none of it is used, so nothing is ever half-applied.
public struct CompiledProfile: Sendable, Hashable {
    /// The profile's name.
    public let name: String
    /// The generation of the spec that this was made from.
    public let generation: Int64
    /// What it does.
    public let mode: Mode
    /// Whether it has stopped writing.
    public let isSuspended: Bool
    /// The greater governs.
    public let priority: Int
    /// Of equals, the older governs.
    public let creationTimestamp: Timestamp
    /// Whether a control is held where it would break something.
    public let holdsOnDisruption: Bool
    /// Whether what it enforced is given back when it is deleted.
    public let releasesOnDeletion: Bool
    /// Its controls that are not off, in the order of ``ControlName``.
    public let controls: [any Control]
    /// What is exempt, in the order of the profile; also what has ended.
    public let exemptions: [Exemption]

    /// Since when it has been writing without a break, if that is known: what was remembered before counts for nothing, as
    /// nobody wrote down what happened in between.
    private(set) var writingSince: Timestamp?

    private let namespaceSelector: LabelSelector
    private let excludedNamespaces: [Glob]

    /// Understands `profile`.
    ///
    /// - Throws: ``InvalidProfile`` with every problem.
    public init(_ profile: HardeningProfile) throws(InvalidProfile) {
        let spec: ProfileSpec
        switch profile.spec {
        case .success(let read): spec = read
        case .failure(let error): throw error
        }
        var problems = spec.namespaceSelector.problems(at: "spec.namespaceSelector")
        if !LabelSyntax.isValidValue(profile.metadata.name) {
            // Servers that evaluate CEL refuse it; the name is written as a label.
            problems.append(FieldError("metadata.name", value: profile.metadata.name, expected: LabelSyntax.valueRule))
        }
        if let priority = spec.priority, !(0...1000 ~= priority) {
            problems.append(FieldError("spec.priority", value: "\(priority)", expected: "between 0 and 1000"))
        }
        name = profile.metadata.name
        generation = profile.metadata.generation
        let ceiling = spec.mode ?? .audit
        mode = ceiling
        isSuspended = spec.suspend ?? false
        priority = spec.priority ?? 0
        creationTimestamp = profile.metadata.creationTimestamp ?? Timestamp(secondsSinceEpoch: .max)
        holdsOnDisruption = spec.onDisruption != .proceed
        releasesOnDeletion = spec.deletionPolicy == .release
        namespaceSelector = spec.namespaceSelector
        excludedNamespaces = Glob.parse(spec.excludedNamespaces ?? [], at: "spec.excludedNamespaces", &problems)

        var controls: [any Control] = []
        // One line for each control. A profile's mode is the ceiling of its controls': a profile in Audit writes
        // nothing, whatever stands below.
        func add<Settings>(
            _ settings: Settings?,
            _ mode: KeyPath<Settings, Mode?>,
            _ make: (Settings, Mode, inout [FieldError]) -> any Control
        ) {
            guard let settings else { return }
            let control = make(settings, min(settings[keyPath: mode] ?? ceiling, ceiling), &problems)
            if control.mode != .disabled { controls.append(control) }
        }
        add(spec.controls.limitRange, \.mode, LimitRangeControl.init)
        add(spec.controls.networkPolicy, \.mode, NetworkPolicyControl.init)
        add(spec.controls.podSecurity, \.mode, PodSecurityControl.init)
        add(spec.controls.serviceAccountToken, \.mode, ServiceAccountTokenControl.init)
        add(spec.controls.workloads, \.mode, WorkloadsControl.init)
        self.controls = controls
        exemptions = Exemption.parse(spec.exemptions ?? [], at: "spec.exemptions", &problems)
        guard problems.isEmpty else { throw InvalidProfile(problems: problems) }
    }

    /// The same, known to have been writing without a break since then.
    public func writing(since time: Timestamp?) -> CompiledProfile {
        var profile = self
        profile.writingSince = time
        return profile
    }

    /// Whether the profile asks for this namespace, leaving aside who else does and whether it is protected.
    public func selects(_ namespace: ObservedNamespace) -> Bool {
        namespaceSelector.matches(namespace.labels) && !excludes(namespace.name)
    }

    /// Whether the profile leaves out the namespace of this name whatever its labels.
    func excludes(_ namespace: String) -> Bool { excludedNamespaces.contains { $0.matches(namespace) } }

    /// Whether it writes to the namespaces that it governs.
    public var isWriting: Bool { mode == .enforce && !isSuspended }

    /// Whether `self` governs where both this profile and `other` select: the higher priority, else the older, else the
    /// lesser name.
    public func governs(over other: CompiledProfile) -> Bool {
        if priority != other.priority { return priority > other.priority }
        if creationTimestamp != other.creationTimestamp { return creationTimestamp < other.creationTimestamp }
        return name < other.name
    }

    /// Profiles of one name and generation are the same: a changed spec has another generation.
    public static func == (left: CompiledProfile, right: CompiledProfile) -> Bool {
        left.name == right.name && left.generation == right.generation
    }

    /// Hashes what `==` looks at.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(generation)
    }
}

extension Glob {
    static func parse(_ patterns: [String], at field: String, _ problems: inout [FieldError]) -> [Glob] {
        patterns.enumerated().compactMap { index, pattern in
            if let glob = Glob(pattern) { return glob }
            problems.append(FieldError("\(field)[\(index)]", value: pattern, expected: Glob.rule))
            return nil
        }
    }
}
