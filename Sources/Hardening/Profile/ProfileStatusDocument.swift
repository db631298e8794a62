import KubernetesAPI

extension ProfileStatus {
    /// The status as the document that is applied to the profile's `status`.
    public var document: JSONValue {
        var document: JSONValue = [
            "observedGeneration": .integer(observedGeneration),
            "conditions": .array(
                conditions.map { condition in
                    [
                        "type": .string(condition.type.rawValue),
                        "status": .string(condition.status.rawValue),
                        "observedGeneration": .integer(condition.observedGeneration),
                        "lastTransitionTime": .string(condition.lastTransitionTime.description),
                        "reason": .string(condition.reason),
                        "message": .string(condition.message),
                    ]
                }
            ),
            "namespaces": [
                "selected": .integer(Int64(namespaces.selected)),
                "compliant": .integer(Int64(namespaces.compliant)),
                "nonCompliant": .integer(Int64(namespaces.nonCompliant)),
                "shadowed": .integer(Int64(namespaces.shadowed)),
                "protected": .integer(Int64(namespaces.protected)),
            ],
            "controls": .array(
                controls.map { control in
                    [
                        "name": .string(control.name.rawValue),
                        "mode": .string(control.mode.rawValue),
                        "compliant": .integer(Int64(control.compliant)),
                        "nonCompliant": .integer(Int64(control.nonCompliant)),
                    ]
                }
            ),
            "findings": .array(
                findings.map { finding in
                    [
                        "namespace": .string(finding.namespace),
                        "control": .string(finding.control.rawValue),
                        "severity": .string(finding.severity.rawValue),
                        "reason": .string(finding.reason.rawValue),
                        "message": .string(finding.message),
                    ]
                }
            ),
            "findingsTotal": .integer(Int64(findingsTotal)),
        ]
        document["compliancePercent"] = compliancePercent.map { .integer(Int64($0)) }
        return document
    }
}
