import KubernetesAPI
import PrintableText

/// Makes a profile's status out of what is known of it.
public struct StatusReport: Sendable {
    /// The profile's name and generation.
    public var generation: Int64
    /// What it means, or why it is not understood.
    public var compiled: Result<CompiledProfile, InvalidProfile>
    /// Whether it is being deleted.
    public var isBeingDeleted: Bool
    /// What the ledger knows of it.
    public var totals: ComplianceLedger.Totals
    /// How many namespaces have not been looked at since the profile changed.
    public var pending: Int
    /// The resources that cannot be watched, and why: what is known of them may be out of date.
    public var unobserved: [String]
    /// The same of resources that only some things depend on: the rest is as true as ever.
    public var unobservedEvidence: [String]
    /// What is known of the cluster as a whole.
    public var cluster: ClusterFacts
    /// Resources that some check or foretelling needs and that cannot be observed, and why.
    public var evidenceMissing: [String: String]
    /// Why the finalizer that the profile asks for could not be set, without which nothing is enforced.
    public var obstacle: String?

    /// A report of these parts.
    public init(
        generation: Int64,
        compiled: Result<CompiledProfile, InvalidProfile>,
        isBeingDeleted: Bool,
        totals: ComplianceLedger.Totals,
        pending: Int,
        unobserved: [String] = [],
        unobservedEvidence: [String] = [],
        cluster: ClusterFacts,
        evidenceMissing: [String: String] = [:],
        obstacle: String? = nil
    ) {
        self.cluster = cluster
        self.evidenceMissing = evidenceMissing
        self.generation = generation
        self.compiled = compiled
        self.isBeingDeleted = isBeingDeleted
        self.totals = totals
        self.pending = pending
        self.unobserved = unobserved
        self.unobservedEvidence = unobservedEvidence
        self.obstacle = obstacle
    }

    /// The status to publish. Transition times of `previous` are kept where a condition's status has not changed, so that
    /// the same knowledge makes the same status.
    public func status(after previous: ProfileStatus?, at now: Timestamp) -> ProfileStatus {
        let profile = try? compiled.get()
        let compliantPairs = totals.controls.values.reduce(0) { $0 + $1.compliant }
        // What is exempt counts neither way.
        let all = totals.controls.values.reduce(0) { $0 + $1.compliant + $1.nonCompliant + $1.unverified }
        let ofCluster = clusterFindings
        // While a control has not been judged anywhere, what the others say is no share of the whole.
        let isJudged =
            pending == 0
            || (profile?.controls ?? []).allSatisfy { totals.controls[type(of: $0).name] != nil }
        return ProfileStatus(
            observedGeneration: generation,
            conditions: conditions.map { $0.condition(generation, previous, now) },
            // Rounded down: 100 means all.
            compliancePercent: all == 0 || !isJudged ? nil : compliantPairs * 100 / all,
            namespaces: totals.namespaces,
            controls: (profile?.controls ?? []).map { control in
                let name = type(of: control).name
                let count = totals.controls[name] ?? .init()
                return .init(
                    name: name,
                    mode: control.mode,
                    compliant: count.compliant,
                    nonCompliant: count.nonCompliant,
                    unverified: count.unverified,
                    exempt: count.exempt,
                    held: count.held,
                    pending: count.pending
                )
            },
            findings: Self.fitting(ofCluster + totals.firstFindings(ProfileStatus.findingsLimit)),
            findingsTotal: totals.findingsTotal + ofCluster.count,
            findingsExempt: totals.findingsExempt,
            exemptions: profile.flatMap { $0.exemptions(used: totals.exemptions, at: now) }
        )
    }

    // The first of them, as many as fit.
    private static func fitting(_ findings: [Finding]) -> [Finding] {
        var bytes = 0
        return findings.sorted().prefix(ProfileStatus.findingsLimit).prefix { finding in
            bytes +=
                finding.message.utf8.count + (finding.workload?.utf8.count ?? 0) + finding.namespace.utf8.count + 160
            return bytes <= ProfileStatus.findingsBudget
        }.map { $0 }
    }

    // What is found of the cluster itself, by profiles that ask.
    var clusterFindings: [Finding] {
        guard case .success(let profile) = compiled, profile.mode != .disabled, !isBeingDeleted else { return [] }
        return profile.assess(cluster)
    }

    private var conditions: [Judgement] {
        var conditions = [accepted, ready, compliant, enforcing]
        guard case .success(let profile) = compiled, profile.mode != .disabled, !isBeingDeleted else {
            return conditions
        }
        if !profile.controls.isEmpty { conditions.append(workloadsObserved) }
        if profile.controls.contains(where: { $0 is PodSecurityControl }) {
            conditions.append(
                evidence(
                    .podSecurityAdmissionActive,
                    cluster.podSecurityAdmission,
                    found: "Active",
                    absent: (
                        "Inactive",
                        "the API server takes labels that Pod Security admission would refuse: the labels "
                            + "have no effect until the admission plugin PodSecurity is on"
                    )
                )
            )
        }
        if profile.controls.contains(where: { $0 is NetworkPolicyControl }) {
            conditions.append(
                evidence(
                    .networkPolicyProviderFound,
                    cluster.networkPolicyProvider,
                    found: "Found",
                    absent: (
                        "NotFound",
                        "no sign of a network plugin that acts on NetworkPolicies, so they may have no "
                            + "effect. If one does, say so: run --network-policy-provider NAME"
                    )
                )
            )
        }
        return conditions
    }

    private func evidence(
        _ type: Condition.ConditionType,
        _ evidence: ClusterFacts.Evidence,
        found: String,
        absent: (String, String)
    ) -> Judgement {
        switch evidence {
        case .found(let sign): Judgement(type: type, status: .true, reason: found, message: sign)
        case .absent: Judgement(type: type, status: .false, reason: absent.0, message: absent.1)
        case .notObserved(let why): Judgement(type: type, status: .unknown, reason: "NotObserved", message: why)
        }
    }

    private var workloadsObserved: Judgement {
        guard !evidenceMissing.isEmpty else {
            return Judgement(
                type: .workloadsObserved,
                status: .true,
                reason: "Observed",
                message: "what runs, and what calls it, is watched"
            )
        }
        let missing = evidenceMissing.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
        return Judgement(
            type: .workloadsObserved,
            status: .false,
            reason: "NotObserved",
            message:
                "cannot watch \(missing.joined(separator: ", ")): what depends on it is not judged, and what it might "
                + "show to break is not enforced. Grant what manifests/ grants"
        )
    }

    private struct Judgement {
        var type: Condition.ConditionType
        var status: Condition.Value
        var reason: String
        var message: String
        // When it came to be so, where that is known.
        var since: Timestamp?

        func condition(_ generation: Int64, _ previous: ProfileStatus?, _ now: Timestamp) -> Condition {
            let old = previous?.condition(type)
            return Condition(
                type: type,
                status: status,
                observedGeneration: generation,
                lastTransitionTime: since ?? (old?.status == status ? old?.lastTransitionTime : nil) ?? now,
                reason: reason,
                message: message.printable(upTo: Condition.messageLimit)
            )
        }
    }

    private var accepted: Judgement {
        switch compiled {
        case .success:
            Judgement(type: .accepted, status: .true, reason: "Accepted", message: "the spec is understood")
        case .failure(let error):
            Judgement(type: .accepted, status: .false, reason: "InvalidSpec", message: "\(error)")
        }
    }

    private var ready: Judgement {
        func ready(_ status: Condition.Value, _ reason: String, _ message: String) -> Judgement {
            Judgement(type: .ready, status: status, reason: reason, message: message)
        }
        if isBeingDeleted {
            let left = totals.traces.count
            let first = totals.failures.isEmpty ? totals.traces.min().map { "; first: \($0)" } ?? "" : firstFailure
            return ready(.false, "Releasing", "giving back what was enforced: \(namespaces(left)) to go\(first)")
        }
        guard case .success(let profile) = compiled else {
            return ready(
                .false,
                "InvalidSpec",
                "nothing is written until the spec is understood; what was enforced stays"
            )
        }
        if profile.mode == .disabled, !totals.traces.isEmpty {
            let left = namespaces(totals.traces.count)
            return profile.isSuspended
                ? ready(.false, "Suspended", "the profile is suspended, so what was enforced stays: in \(left)")
                : ready(.false, "Releasing", "giving back what was enforced: \(left) to go\(firstFailure)")
        }
        if !unobserved.isEmpty { return ready(.false, "WatchFailing", blindness) }
        if let obstacle {
            let consequence =
                profile.releasesOnDeletion
                ? "what cannot be given back is not enforced" : "a finalizer that is needed no more cannot be taken off"
            return ready(.false, "FinalizerRefused", "\(consequence): \(obstacle)")
        }
        if pending > 0 { return ready(.false, "Reconciling", "\(namespaces(pending)) to go") }
        if !totals.failures.isEmpty {
            return ready(
                .false,
                "WritesFailing",
                "\(namespaces(totals.failures.count)) could not be written\(firstFailure)"
            )
        }
        if profile.mode == .disabled {
            return ready(.true, "Disabled", "the profile is disabled, and nothing of it is left")
        }
        if !unobservedEvidence.isEmpty { return ready(.unknown, "WatchFailing", partialBlindness) }
        if profile.isSuspended { return ready(.true, "Suspended", "the profile is suspended: judging, not writing") }
        if profile.mode == .audit {
            return ready(.true, "Audited", "every selected namespace is judged; nothing is written in mode Audit")
        }
        return ready(.true, "Reconciled", "every selected namespace is reconciled")
    }

    private var enforcing: Judgement {
        func enforcing(_ status: Condition.Value, _ reason: String, _ message: String) -> Judgement {
            Judgement(type: .enforcing, status: status, reason: reason, message: message)
        }
        guard case .success(let profile) = compiled else {
            return enforcing(.false, "InvalidSpec", "nothing is written until the spec is understood")
        }
        if isBeingDeleted { return enforcing(.false, "Releasing", "what was enforced is given back") }
        if profile.isWriting {
            var judgement = enforcing(.true, "Enforce", "controls in mode Enforce are written, and kept as written")
            judgement.since = profile.writingSince
            return judgement
        }
        return profile.isSuspended
            ? enforcing(.false, "Suspended", "the profile is suspended, so nothing is written")
            : enforcing(.false, profile.mode.rawValue, "nothing is written in mode \(profile.mode.rawValue)")
    }

    private var compliant: Judgement {
        func compliant(_ status: Condition.Value, _ reason: String, _ message: String) -> Judgement {
            Judgement(type: .compliant, status: status, reason: reason, message: message)
        }
        guard case .success(let profile) = compiled else {
            return compliant(.unknown, "InvalidSpec", "what to judge by is not understood")
        }
        if profile.mode == .disabled || isBeingDeleted {
            return compliant(.unknown, "NotJudged", "the profile judges nothing any more")
        }
        if !unobserved.isEmpty { return compliant(.unknown, "WatchFailing", blindness) }
        // What was not looked at yet may be anything: nothing is called compliant that nobody has judged.
        if pending > 0, totals.namespaces.nonCompliant == 0 {
            return compliant(.unknown, "Reconciling", "\(namespaces(pending)) still to be judged")
        }
        if totals.namespaces.selected == 0 {
            let others = totals.namespaces.shadowed + totals.namespaces.protected
            let why = others == 0 ? "" : ": \(others) that match are shadowed or protected"
            return compliant(.unknown, "NothingSelected", "no namespace is governed by this profile\(why)")
        }
        if totals.namespaces.nonCompliant > 0 {
            let worst =
                totals.firstFindings(1) { $0.isViolation }.first
                .map { "; first: \($0.namespace): \($0.message)" } ?? ""
            return compliant(
                .false,
                "NonCompliant",
                "\(totals.namespaces.nonCompliant) of \(namespaces(totals.namespaces.selected)) not compliant\(worst)"
            )
        }
        if let finding = totals.firstFindings(1, { $0.isViolation }).first {
            return compliant(
                .false,
                "SystemNamespaceUsed",
                "what runs in a protected namespace is not as asked: \(finding.namespace): \(finding.message)"
            )
        }
        if totals.controls.isEmpty {
            return compliant(.unknown, "NothingJudged", "every control is disabled, so nothing is judged")
        }
        if clusterFindings.contains(where: \.isViolation) {
            let first = clusterFindings.sorted().first?.message ?? ""
            return compliant(.false, "ClusterNonCompliant", "the cluster itself is not as asked: \(first)")
        }
        if totals.namespaces.unverified > 0 {
            let doubted = totals.controls.filter { $0.value.unverified > 0 }.keys.sorted().map(\.rawValue)
            return compliant(
                .unknown,
                "Unverified",
                "\(namespaces(totals.namespaces.unverified)) have what was asked for, but whether it has any effect cannot "
                    + "be told of \(doubted.joined(separator: ", ")): see the other conditions"
            )
        }
        return compliant(.true, "Compliant", "every selected namespace is compliant")
    }

    private var blindness: String {
        "what is known may be out of date: cannot watch \(unobserved.joined(separator: ", ")): \(Self.remedy)"
    }

    private var partialBlindness: String {
        "every selected namespace is reconciled as far as can be seen: cannot watch "
            + "\(unobservedEvidence.joined(separator: ", ")): \(Self.remedy)"
    }

    private static let remedy = "grant what manifests/ grants; the operator's log and /readyz say more"

    private var firstFailure: String {
        guard let first = totals.failures.min(by: { $0.key < $1.key }) else { return "" }
        return "; first: \(first.key): \(first.value)"
    }

    private func namespaces(_ count: Int) -> String {
        count == 1 ? "1 namespace" : "\(count) namespaces"
    }
}
