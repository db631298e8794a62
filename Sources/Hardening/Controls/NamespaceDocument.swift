import KubernetesAPI

/// What the operator writes to a namespace itself: its mark, the Pod Security labels, and what stood there before.
///
/// One object, one field manager, so one document: it holds all that is ours, and a label left out of it is given back.
enum NamespaceDocument {
    /// The writes after which exactly `labels` and the mark of `profile` are the operator's; without a profile, nothing is.
    static func operations(
        _ namespace: ObservedNamespace,
        profile: String?,
        labels: [String: String],
        state: NamespaceState = .init()
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
        var owned = labels
        owned[Marks.profileLabel] = profile
        var annotations = profile == nil ? [:] : state.annotations
        annotations[Marks.previousAnnotation] = remembered.values.isEmpty ? nil : remembered.annotation
        let observed = namespace.annotations
        var operations: [Operation] = []
        let dropped = namespace.ownedLabels.subtracting(owned.keys)
        let droppedAnnotations = Set(observed.keys).subtracting(annotations.keys)
        if !dropped.subtracting(namespace.sharedLabels).isEmpty || !droppedAnnotations.isEmpty {
            operations.append(
                giveBack(dropped.subtracting(namespace.sharedLabels), of: namespace, to: before, droppedAnnotations)
            )
        }
        let isAsWanted =
            owned.allSatisfy { namespace.labels[$0.key] == $0.value }
            && namespace.ownedLabels.intersection(namespace.sharedLabels.union(owned.keys)) == Set(owned.keys)
            && annotations.allSatisfy { observed[$0.key] == $0.value }
        if !isAsWanted {
            var metadata: JSONValue = ["name": .string(namespace.name), "uid": .string("\(namespace.uid)")]
            if !owned.isEmpty { metadata["labels"] = JSONValue(owned) }
            if !annotations.isEmpty { metadata["annotations"] = JSONValue(annotations) }
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

    // Said field by field. Applying without a label should remove it, but structured-merge-diff of older servers keeps
    // every label once another manager owns the map itself and nothing in it (seen on 1.20). What somebody else set to
    // the same value is theirs, and stays.
    private static func giveBack(
        _ keys: Set<String>,
        of namespace: ObservedNamespace,
        to before: Previous,
        _ annotations: Set<String>
    ) -> Operation {
        // What the server would refuse, since somebody wrote it into the annotation, is as good as forgotten: it must not
        // stand in the way of giving back all the rest.
        let values = keys.map { key in
            let value = (before.values[key] ?? nil).flatMap { PodSecurityControl.isValid($0, for: key) ? $0 : nil }
            return (key, value.map { JSONValue.string($0) } ?? .null)
        }
        var metadata: JSONValue = [
            "labels": .object(Dictionary(values, uniquingKeysWith: { $1 })),
            "resourceVersion": .string(namespace.resourceVersion.rawValue),
        ]
        if !annotations.isEmpty {
            metadata["annotations"] = .object(Dictionary(uniqueKeysWithValues: annotations.map { ($0, .null) }))
        }
        return Operation(
            namespace: namespace.name,
            target: .namespace,
            verb: .merge(["metadata": metadata])
        )
    }
}
