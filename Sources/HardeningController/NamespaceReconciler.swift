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
    let contests: SharedContests
    let drift: DriftCounter
    let announcer: Announcer
    let now: @Sendable () -> Timestamp
    let logger: Logger
    /// Takes what was found out, `nil` when the namespace is gone or going, and by which revision of the profiles; `nil`
    /// when it has yet to be looked at by the present one.
    let report: @Sendable (_ namespace: String, NamespaceRecord?, _ revision: Int?) -> Void

    func reconcile(_ name: String) async -> WorkOutcome {
        let (governance, revision) = registry.governance
        guard var view = cache.view(of: name, at: now()), !view.namespace.isTerminating else {
            // A namespace on its way out takes nothing new, and needs nothing taken away.
            cache.forgetAdmission(of: name)
            drift.forget(name)
            announcer.forget(name)
            report(name, nil, revision)
            return .done
        }
        let isProtected = protectedNamespaces.contains(name)
        let decision = governance.decide(view.namespace, isProtected: isProtected, traces: view.traces)
        var judgement = Judgement(decision, view)
        if let policy = judgement.question {
            cache.take(await writer.ask(about: policy, view), for: name)
            if Task.isCancelled { return .done }
            view = cache.view(of: name, at: now()) ?? view
            judgement = Judgement(decision, view)
        }
        let isWaiting = waitsForFinalizer(decision)
        let outcome = isWaiting ? Outcome() : await carryOut(judgement, view, for: decision)
        drift.count(outcome.repairs, for: decision)
        if Task.isCancelled { return .done }
        let (viewBefore, judgementBefore) = (view, judgement)
        var rest = isWaiting || outcome.isAnything ? nil : outcome.plan
        if outcome.isAnything {
            guard let after = cache.view(of: name, at: now()) else {
                report(name, nil, revision)
                return .done
            }
            view = after
            judgement = Judgement(decision, view)
        }
        // Last, so that nothing that is to be written waits for it.
        let exemptionQuestion = judgement.exemptionQuestion
        if let exemptionQuestion {
            cache.take(await writer.askForExemption(with: exemptionQuestion, view), for: name)
            if Task.isCancelled { return .done }
            view = cache.view(of: name, at: now()) ?? view
            judgement = Judgement(decision, view)
            rest = nil
        }
        let plan = rest ?? judgement.plan
        let judged = judgement.verdicts
        announcer.announce(
            Look(
                decision: decision,
                before: viewBefore,
                judgementBefore: judgementBefore,
                after: view,
                judgementAfter: judgement,
                verdictsAfter: judged,
                plan: outcome.plan,
                done: outcome.done,
                repairs: outcome.repairs,
                contests: outcome.contests
            )
        )
        var problems = outcome.problems
        for (control, operation) in plan.repeated(outcome.done) {
            let cause = contests.pauseEnd(of: operation).map { WriteProblem.Cause.heldBack(until: $0) } ?? .undone
            problems.append(WriteProblem(control: control, operation: operation, cause: cause))
        }
        let contested = contests.contests(in: name)
        // What somebody has changed since is not how it is to stand.
        if problems.isEmpty, plan.isEmpty { drift.settled(view, for: decision) }
        let reported = problems.filter(\.isReported)
        let verdicts = judged.map { verdict in
            var verdict = verdict
            verdict.add(reported.filter { $0.control == verdict.control }.compactMap { $0.finding(in: name) })
            // What is not asked for any more is nothing to fight over.
            if verdict.mode == .enforce, verdict.exemption == nil {
                verdict.add(contested.all.filter { $0.control == verdict.control }.map(\.finding))
            }
            return verdict
        }
        report(
            name,
            NamespaceRecord(
                governor: decision.governor?.name,
                verdicts: verdicts,
                failure: reported.first?.description ?? Self.heldBack(problems, contested.all),
                shadowed: decision.shadowed,
                protectedFrom: decision.protectedFrom.map(\.name),
                // What is protected again is not given back: nothing is to wait for that.
                traces: isProtected ? [] : view.traces,
                exemptions: verdicts.reduce(into: []) { $0.formUnion($1.exemptions) }
            ),
            isWaiting ? nil : revision
        )
        let next = Self.next(after: problems)
        guard case .done = next else { return next }
        if judgement.lacksAnswer { return .refused }
        // That it is exempt is to be remembered.
        if exemptionQuestion != nil, !isWaiting, !plan.isEmpty { return .lookAgain(at: .now) }
        let due = judgement.nextLook.flatMap { due in
            view.now.map { ContinuousClock.now + .seconds(max(1, due.secondsSinceEpoch - $0.secondsSinceEpoch)) }
        }
        return [due, contested.nextEnd].compactMap { $0 }.min().map { .lookAgain(at: $0) } ?? .done
    }

    // Why what is held back is not as it is to be.
    private static func heldBack(_ problems: [WriteProblem], _ contests: [OwnershipContests.Contest]) -> String? {
        let waiting = problems.filter { $0.pauseEnd != nil }.map(\.operation.target)
        return contests.first { waiting.contains($0.target) }?.description
    }

    // What is written for a profile that asks for release must be able to be given back: finalizer first.
    private func waitsForFinalizer(_ decision: Governance.Decision) -> Bool {
        guard let governor = decision.governor, governor.isWriting, governor.releasesOnDeletion else { return false }
        return registry.profile(governor.name)?.hasFinalizer != true
    }

    private struct Outcome {
        /// What was to be done.
        var plan = Plan([])
        var done: Set<Operation> = []
        var repairs: [Repair] = []
        /// What was recognised as contested.
        var contests: [OwnershipContests.Contest] = []
        var problems: [WriteProblem] = []

        var isAnything: Bool { !done.isEmpty || !problems.isEmpty }
    }

    // What is remembered on the namespace comes last, and only of what was done.
    private func carryOut(
        _ judgement: Judgement,
        _ view: NamespaceView,
        for decision: Governance.Decision
    ) async -> Outcome {
        let writes = judgement.writes
        var outcome = Outcome()
        await carryOut(writes, view, for: decision, &outcome)
        if Task.isCancelled { return outcome }
        let failed = Set(outcome.problems.map(\.control))
        let record = judgement.record(ofWrites: writes, failed: failed)
        await carryOut(record, view, for: decision, &outcome)
        outcome.plan = Plan(writes.steps + record.steps)
        return outcome
    }

    private func carryOut(
        _ plan: Plan,
        _ view: NamespaceView,
        for decision: Governance.Decision,
        _ outcome: inout Outcome
    ) async {
        let profile = decision.governor?.name ?? decision.releasing.sorted().joined(separator: ",")
        let ofDrift = drift.repairs(in: plan, view, for: decision)
        for step in plan.steps {
            for operation in step.operations {
                func fail(_ cause: WriteProblem.Cause) {
                    outcome.problems.append(WriteProblem(control: step.control, operation: operation, cause: cause))
                }
                let ruling = contests.rule(
                    on: operation,
                    of: step.control,
                    repairsDrift: ofDrift.contains(operation)
                )
                if ruling.showsRival { contests.noticed(await writer.rival(of: operation), in: operation) }
                if ruling.isRecognised { recognised(operation, &outcome) }
                if let end = ruling.pauseEnd {
                    fail(.heldBack(until: end))
                    // The rest of this control builds on what was not done.
                    break
                }
                do {
                    cache.absorb(try await writer.perform(operation))
                } catch {
                    // That the server cannot be reached, the watches notice, too.
                    logger.debug("a write failed", metadata: ["operation": "\(operation)", "error": "\(error)"])
                    fail(.failed(error))
                    break
                }
                outcome.done.insert(operation)
                if ofDrift.contains(operation) {
                    outcome.repairs.append(
                        Repair(
                            control: step.control,
                            operation: operation,
                            wasDeleted: !view.contains(operation.target)
                        )
                    )
                }
                contests.carriedOut(operation, of: step.control)
                logger.info(
                    "\(operation)",
                    metadata: [
                        "profile": "\(profile)", "namespace": "\(operation.namespace)",
                        "control": "\(step.control.rawValue)",
                    ]
                )
            }
        }
    }

    private func recognised(_ operation: Operation, _ outcome: inout Outcome) {
        let contested = contests.contests(in: operation.namespace).all
        guard let contest = contested.first(where: { $0.target == operation.target }) else { return }
        outcome.contests.append(contest)
        logger.warning(
            "contested: \(contest)",
            metadata: ["namespace": "\(operation.namespace)", "control": "\(contest.control.rawValue)"]
        )
    }

    private static func next(after problems: [WriteProblem]) -> WorkOutcome {
        let problems = problems.filter { !$0.isNamespaceGoing }
        if problems.isEmpty { return .done }
        let pauses = problems.compactMap(\.pauseEnd)
        if pauses.count == problems.count, let end = pauses.min() { return .lookAgain(at: end) }
        if problems.allSatisfy({ $0.isRefused || $0.pauseEnd != nil }) { return .refused }
        return .retry(atLeast: problems.compactMap(\.retryAfter).max())
    }
}
