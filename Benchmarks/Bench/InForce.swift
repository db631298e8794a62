import Hardening
import KubernetesAPI

/// What is in force in a namespace, by its objects as anybody can read them, and nothing of the operator's code.
struct InForce: OptionSet, Sendable {
    let rawValue: Int

    /// The default-deny NetworkPolicy.
    static let denial = InForce(rawValue: 1)
    /// The NetworkPolicy that lets DNS through.
    static let allowance = InForce(rawValue: 2)
    static let limits = InForce(rawValue: 4)
    /// The account `default` hands out no token.
    static let noToken = InForce(rawValue: 8)
    /// The Pod Security labels, and the record of all four controls.
    static let labels = InForce(rawValue: 16)
    static let all: InForce = [.denial, .allowance, .limits, .noToken, .labels]

    /// The part that an object of this name bears witness to, and whether it does; `nil` for objects of others.
    static func part(_ kind: Resource, _ name: String, _ json: JSONValue) -> (InForce, Bool)? {
        switch (kind.plural, name) {
        case ("networkpolicies", Marks.denyPolicyName):
            (.denial, json["spec"]?["policyTypes"] == ["Ingress", "Egress"] && json["spec"]?["podSelector"] == [:])
        case ("networkpolicies", Marks.allowPolicyName): (.allowance, json["spec"]?["egress"] != nil)
        case ("limitranges", Marks.limitRangeName): (.limits, json["spec"]?["limits"] != nil)
        case ("serviceaccounts", "default"): (.noToken, json["automountServiceAccountToken"] == false)
        case ("namespaces", _): (.labels, isLabelled(json["metadata"] ?? [:]))
        default: nil
        }
    }

    private static func isLabelled(_ metadata: JSONValue) -> Bool {
        guard metadata["labels"]?["pod-security.kubernetes.io/enforce"] == "restricted",
            case .string(let record) = metadata["annotations"]?["hardening.dev/in-force"]
        else { return false }
        return ["networkPolicy", "podSecurity", "serviceAccountToken", "limitRange"].allSatisfy {
            record.contains("\($0)=")
        }
    }
}
