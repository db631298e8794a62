import PodSecurity

extension PodFacts {
    /// What of it `policy` refuses on an API server of version 1.`serverMinor`.
    func violations(of policy: Policy, serverMinor: Int) -> [PodViolation] {
        let evaluator = Evaluator(serverMinor: serverMinor)
        let checks = Set(evaluator.checks(of: policy).checks.map(\.controlID))
        let minor =
            switch policy.version {
            case .minor(let minor): min(minor, serverMinor)
            case .latest: serverMinor
            }
        return violations.filter { checks.contains($0.check) && $0.versions.contains(minor) }
    }
}
