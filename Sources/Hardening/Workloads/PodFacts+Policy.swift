import PodSecurity

extension PodFacts {
    /// What of it `policy` refuses on an API server of version 1.`serverMinor`.
    func violations(of policy: Policy, serverMinor: Int) -> [PodViolation] {
        let policy = Evaluator(serverMinor: serverMinor).effective(policy)
        return violations.filter { violation in
            guard let check = WorkloadCheck.named(violation.check)?.podSecurityCheck else { return false }
            return policy.forbids(check, in: violation.versions)
        }
    }
}
