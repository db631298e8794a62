import KubernetesAPI

/// What the operator writes to a namespace itself: its mark, the Pod Security labels, and what stood there before.
///
/// One object, one field manager, so one document: it holds all that is ours, and a label left out of it is given back.
enum NamespaceDocument {
    /// The writes after which exactly `labels` and the mark of `profile` are the operator's; without a profile, nothing is.
    static func operations(
        _ namespace: ObservedNamespace,
        profile: String?,
        labels: [String: String]
    ) -> [Operation] {
        guard profile != nil || namespace.isMarked else { return [] }
        let before = Previous(annotation: namespace.previous)
        var remembered = Previous()
        for key in labels.keys {
            if let known = before.values[key] {
                remembered.values[key] = known
            } else {
                // The first time: somebody else's, if anything. A value of ours that nothing is remembered of was
                // robbed of its memory.
                remembered.values[key] = .some(namespace.ownedLabels.contains(key) ? nil : namespace.labels[key])
            }
        }
        var operations: [Operation] = []
        let restored = before.values.filter { key, value in
            value != nil && labels[key] == nil && namespace.ownedLabels.contains(key)
        }
        if !restored.isEmpty {
            operations.append(restore(namespace, restored))
        }

        var owned = labels
        owned[Marks.profileLabel] = profile
        let annotation = remembered.values.isEmpty ? nil : remembered.annotation
        let isAsWanted =
            owned.allSatisfy { namespace.labels[$0.key] == $0.value } && namespace.ownedLabels == Set(owned.keys)
            && (annotation == nil || annotation == namespace.previous)
        if !isAsWanted {
            var metadata: JSONValue = ["name": .string(namespace.name), "uid": .string(namespace.uid)]
            if !owned.isEmpty { metadata["labels"] = JSONValue(owned) }
            if let annotation { metadata["annotations"] = JSONValue([Marks.previousAnnotation: annotation]) }
            operations.append(
                Operation(
                    namespace: namespace.name,
                    target: .namespace,
                    // The uid keeps a namespace that is gone from being created anew.
                    verb: .apply(["apiVersion": "v1", "kind": "Namespace", "metadata": metadata])
                )
            )
        }
        return operations
    }

    // Setting another value moves the label to the manager of this patch, so the apply that follows leaves it.
    private static func restore(_ namespace: ObservedNamespace, _ values: [String: String?]) -> Operation {
        let labels = JSONValue.object(values.mapValues { $0.map { .string($0) } ?? .null })
        return Operation(
            namespace: namespace.name,
            target: .namespace,
            verb: .merge([
                "metadata": [
                    "labels": labels, "resourceVersion": .string(namespace.resourceVersion.rawValue),
                ]
            ])
        )
    }
}
