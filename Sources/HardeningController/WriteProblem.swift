import Hardening
import KubernetesAPI
import KubernetesClient

/// A write that did not come about, or did not last.
struct WriteProblem: Sendable, CustomStringConvertible {
    enum Cause: Sendable {
        /// There was no answer, or it was no.
        case failed(any Error)
        /// It succeeded, and had no effect.
        case undone
        /// The object is contested, so that it has to wait; which is told of the object.
        case heldBack(until: ContinuousClock.Instant)
    }

    var control: ControlName
    var operation: Operation
    var cause: Cause

    var description: String {
        switch cause {
        case .failed(let error): "\(error)"
        case .undone: "what was written does not stay: \(operation)"
        case .heldBack: "contested: \(operation)"
        }
    }

    /// The namespace is on its way out: no fault.
    var isNamespaceGoing: Bool { apiError?.isNamespaceTerminating ?? false }

    /// Refused for good: the same again would not help.
    var isRefused: Bool {
        if case .undone = cause { return true }
        return apiError?.isTerminal ?? false
    }

    /// When a write that is held back may be tried again.
    var pauseEnd: ContinuousClock.Instant? {
        if case .heldBack(let end) = cause { end } else { nil }
    }

    /// When the server wants to be asked again at the earliest.
    var retryAfter: Duration? { apiError?.retryAfter }

    /// Whether people should hear of it: a conflict is everyday life, and gone by the next try.
    var isReported: Bool {
        if case .heldBack = cause { return false }
        if let apiError { return !apiError.isConflict && !apiError.isNamespaceTerminating }
        if case .failed(let error) = cause { return !(error is CancellationError) }
        return true
    }

    /// What is to be published of it; `nil` when the API server cannot be reached, since then nothing can be published.
    func finding(in namespace: String) -> Finding? {
        func finding(_ reason: Finding.Reason, _ message: String) -> Finding {
            Finding(namespace: namespace, control: control, severity: .high, reason: reason, message: message)
        }
        switch cause {
        case .failed:
            guard let error = apiError else { return nil }
            let what = "could not \(operation): \(error.status?.message ?? "\(error.code)")"
            if error.isForbidden {
                return finding(
                    .writeForbidden,
                    "\(what): grant the operator what manifests/ grants, or see which admission refuses it"
                )
            }
            if error.isTerminal {
                return finding(.writeRejected, "\(what): change the profile, or what refuses it")
            }
            return finding(.writeFailed, "\(what): it is being tried again")
        case .undone:
            return finding(
                .writeIneffective,
                "something undoes at once what the operator writes (\(operation)): an admission webhook that changes it, "
                    + "or a controller that kubectl get --show-managed-fields names; let only one of the two manage it"
            )
        case .heldBack: return nil
        }
    }

    private var apiError: APIError? {
        if case .failed(let error) = cause { error as? APIError } else { nil }
    }
}
