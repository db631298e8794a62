import ControllerRuntime
import Hardening
import KubernetesAPI
import KubernetesClient
import Logging

/// Makes one namespace as its governing profile asks, and finds out how it stands.
struct NamespaceReconciler: Sendable {
    let cache: ClusterCache
    let registry: ProfileRegistry
    let writer: ClusterWriter
    let protectedNamespaces: Set<String>
    let outages: OutageLog
    let logger: Logger
    /// Takes what was found out; `nil` when the namespace is gone or going.
    let report: @Sendable (_ namespace: String, NamespaceRecord?, _ revision: Int) -> Void

    func reconcile(_ name: String) async -> WorkOutcome {
        let (governance, revision) = registry.governance
        guard let view = cache.view(of: name), !view.namespace.isTerminating else {
            // A namespace on its way out takes nothing new, and needs nothing taken away.
            report(name, nil, revision)
            return .done
        }
        let isProtected = protectedNamespaces.contains(name)
        let decision = governance.decide(view.namespace, isProtected: isProtected, traces: view.traces)
        let plan = isProtected ? Plan([]) : plan(view, decision)
        let problems = await carryOut(plan, for: decision)
        if Task.isCancelled { return .done }
        guard let after = plan.isEmpty ? view : cache.view(of: name) else {
            report(name, nil, revision)
            return .done
        }

        // Something undoes at once what we write: trying on at full speed would be a fight.
        let undone = plan.isEmpty ? [] : self.plan(after, decision).repeated(from: plan)
        var verdicts = decision.governor?.assess(after) ?? []
        var failure = problems.first { $0.isReported }.map { "\($0.error)" }
        if failure == nil, let first = undone.first { failure = "what was written does not stay: \(first.operation)" }
        for index in verdicts.indices {
            let own = problems.filter { $0.isReported && $0.control == verdicts[index].control }
            let findings =
                own.compactMap { $0.finding(in: name) }
                + undone.filter { $0.control == verdicts[index].control }.map {
                    Finding(
                        namespace: name,
                        control: $0.control,
                        severity: .high,
                        reason: .writeIneffective,
                        message:
                            "something undoes at once what the operator writes (\($0.operation)): find out what by "
                            + "kubectl get --show-managed-fields, and let only one of the two manage it"
                    )
                }
            verdicts[index] = Verdict(
                control: verdicts[index].control,
                mode: verdicts[index].mode,
                findings: verdicts[index].findings + findings
            )
        }
        report(
            name,
            NamespaceRecord(
                governor: decision.governor?.name,
                verdicts: verdicts,
                failure: failure,
                shadowed: decision.shadowed,
                protectedFrom: decision.protectedFrom,
                traces: after.traces
            ),
            revision
        )
        return undone.isEmpty ? outcome(of: problems) : .refused
    }

    private func plan(_ view: NamespaceView, _ decision: Governance.Decision) -> Plan {
        if let governor = decision.governor {
            // What is written for a profile that asks for release must be able to be given back: finalizer first.
            if governor.isWriting, governor.releasesOnDeletion, registry.profile(governor.name)?.hasFinalizer != true {
                return Plan([])
            }
            return governor.plan(view, releasing: decision.releasing, superseded: decision.superseded)
        }
        return Plan.release(view, of: decision.releasing.subtracting([decision.frozenBy].compactMap { $0 }))
    }

    private func carryOut(_ plan: Plan, for decision: Governance.Decision) async -> [WriteProblem] {
        let profile = decision.governor?.name ?? decision.releasing.sorted().joined(separator: ",")
        var problems: [WriteProblem] = []
        for step in plan.steps {
            for operation in step.operations {
                do {
                    cache.absorb(try await writer.perform(operation))
                    outages.worked("writes")
                    logger.info(
                        "\(operation)",
                        metadata: [
                            "profile": "\(profile)", "namespace": "\(operation.namespace)",
                            "control": "\(step.control.rawValue)",
                        ]
                    )
                } catch {
                    let problem = WriteProblem(control: step.control, operation: operation, error: error)
                    if !(error is APIError) { outages.failed("writes", error) }
                    problems.append(problem)
                    // The rest of this control builds on what has just failed.
                    break
                }
            }
        }
        return problems
    }

    private func outcome(of problems: [WriteProblem]) -> WorkOutcome {
        let worthRetrying = problems.filter { !$0.isNamespaceGoing }
        if worthRetrying.isEmpty { return .done }
        if worthRetrying.allSatisfy(\.isRefused) { return .refused }
        return .retry(atLeast: worthRetrying.compactMap { ($0.error as? APIError)?.retryAfter }.max())
    }
}

/// A write that did not succeed.
struct WriteProblem: Sendable {
    var control: ControlName
    var operation: Operation
    var error: any Error

    /// The namespace is on its way out: no fault.
    var isNamespaceGoing: Bool { (error as? APIError)?.isNamespaceTerminating ?? false }

    /// Refused for good: the same again would not help.
    var isRefused: Bool { (error as? APIError)?.isTerminal ?? false }

    /// Whether people should hear of it: a conflict is everyday life, and gone by the next try.
    var isReported: Bool {
        guard let error = error as? APIError else { return !(error is CancellationError) }
        return !error.isConflict && !error.isNamespaceTerminating
    }

    func finding(in namespace: String) -> Finding? {
        guard let error = error as? APIError else { return nil }
        let reason: Finding.Reason
        let remedy: String
        if error.isForbidden {
            reason = .writeForbidden
            remedy = "grant the operator what manifests/ grants, or see which admission refuses it"
        } else if error.isTerminal {
            reason = .writeRejected
            remedy = "change the profile, or what refuses it"
        } else {
            reason = .writeFailed
            remedy = "it is being tried again"
        }
        return Finding(
            namespace: namespace,
            control: control,
            severity: .high,
            reason: reason,
            message: "could not \(operation): \(error.status?.message ?? "\(error.code)"): \(remedy)"
        )
    }
}
