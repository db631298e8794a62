import Foundation
import Yams

/// A right that `manifests/rbac.yaml` grants.
struct Right: Hashable, Comparable, CustomStringConvertible {
    var group: String
    var resource: String
    var verb: String
    /// The names that it holds for; empty for all.
    var names: Set<String>
    /// The namespace that it holds in; `nil` for all.
    var namespace: String?

    var description: String {
        "\(verb) \(resource)\(group.isEmpty ? "" : ".\(group)")\(names.isEmpty ? "" : " by name")"
    }

    static func < (left: Right, right: Right) -> Bool { left.description < right.description }

    /// Whether `request` takes it. A server-side apply that makes its object takes the right to create as well.
    func isUsed(by request: ControlPlane.AuditedRequest) -> Bool {
        let isCreation = request.verb == "patch" && request.responseStatus?.code == 201
        guard verb == request.verb || (verb == "create" && isCreation) else { return false }
        var parts = (request.requestURI.split(separator: "?").first ?? "").split(separator: "/").map(String.init)
        guard parts.count > 2 else { return false }
        let isCore = parts[0] == "api"
        guard (isCore ? "" : parts[1]) == group else { return false }
        parts.removeFirst(isCore ? 2 : 3)
        guard !parts.isEmpty else { return false }
        // `namespaces/NAME/RESOURCE` is of the resource in it, unless it is a subresource of the namespace.
        if parts.first == "namespaces", parts.count > 2 { parts.removeFirst(2) }
        let kind = ([parts[0]] + parts.dropFirst(2)).joined(separator: "/")
        guard kind == resource else { return false }
        return names.isEmpty || parts.count > 1 && names.contains(parts[1])
    }

    /// Whether it lets the operator see that without which nothing can be said of any namespace.
    var isEssential: Bool {
        [
            "hardeningprofiles", "namespaces", "serviceaccounts", "limitranges", "networkpolicies", "rolebindings",
            "clusterrolebindings", "services", "endpointslices", "daemonsets",
        ].contains(resource)
    }

    /// Every right of every rule of the file, rule by rule.
    static func granted() throws -> [Right] {
        struct Role: Decodable {
            struct Rule: Decodable {
                var apiGroups: [String]
                var resources: [String]
                var resourceNames: [String]?
                var verbs: [String]
            }
            struct Metadata: Decodable { var namespace: String? }
            var metadata: Metadata
            var rules: [Rule]?
        }
        let text = try String(contentsOfFile: "\(ControlPlane.package)/manifests/rbac.yaml", encoding: .utf8)
        let roles = try text.components(separatedBy: "\n---\n").map { try YAMLDecoder().decode(Role.self, from: $0) }
        return roles.flatMap { role in
            (role.rules ?? []).flatMap { rule in
                rule.apiGroups.flatMap { group in
                    rule.resources.flatMap { resource in
                        rule.verbs.map {
                            Right(
                                group: group,
                                resource: resource,
                                verb: $0,
                                names: Set(rule.resourceNames ?? []),
                                namespace: role.metadata.namespace
                            )
                        }
                    }
                }
            }
        }
    }
}
