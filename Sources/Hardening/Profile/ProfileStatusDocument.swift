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
                "unverified": .integer(Int64(namespaces.unverified)),
                "exempt": .integer(Int64(namespaces.exempt)),
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
                        "unverified": .integer(Int64(control.unverified)),
                        "exempt": .integer(Int64(control.exempt)),
                        "held": .integer(Int64(control.held)),
                        "pending": .integer(Int64(control.pending)),
                    ]
                }
            ),
            "findings": .array(
                findings.map { finding in
                    var element: JSONValue = [
                        "type": .string(finding.type.rawValue),
                        "control": .string(finding.control.rawValue),
                        "severity": .string(finding.severity.rawValue),
                        "reason": .string(finding.reason.rawValue),
                        "message": .string(finding.message),
                    ]
                    element["namespace"] = finding.namespace.isEmpty ? nil : .string(finding.namespace)
                    element["check"] = finding.check.map { .string($0) }
                    element["workload"] = finding.workload.map { .string($0) }
                    return element
                }
            ),
            "findingsTotal": .integer(Int64(findingsTotal)),
            "findingsExempt": .integer(Int64(findingsExempt)),
        ]
        document["exemptions"] = exemptions.map { exemptions in
            var tally: JSONValue = [
                "active": .integer(Int64(exemptions.active)),
                "expiring": .integer(Int64(exemptions.expiring)),
                "expired": .integer(Int64(exemptions.expired)),
                "unused": .integer(Int64(exemptions.unused)),
            ]
            tally["message"] = exemptions.message.map { .string($0) }
            return tally
        }
        document["compliancePercent"] = compliancePercent.map { .integer(Int64($0)) }
        return document
    }
}
