import KubernetesAPI

extension Check {
    /// *Volume Types*: volumes must come from the cluster's own objects, from a CSI driver or from an image, and be nothing
    /// that reaches the node or a storage server past the cluster's administrator.
    ///
    /// A source that no release known here has is forbidden, too.
    static let restrictedVolumes = Check(
        .restrictedVolumes,
        level: .restricted,
        replacing: .hostPathVolumes,
        Revision(since: 0) { pod in
            var names: [String] = [], types: [String] = []
            for volume in pod.spec.volumes where !volume.sources.contains(where: { $0.isOne(of: allowedVolumeSources) })
            {
                names.append(volume.name)
                types.append(forbiddenSources.first { volume.sources.contains($0) } ?? "unknown")
            }
            guard !names.isEmpty else { return nil }
            return Reason("restricted volume types") { [names, types] in detail(volumes: names, types.sortedUnique()) }
        }
    )

    static let allowedVolumeSources = [
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
        "secret",
    ]

    // In the order in which the server asks, should a manifest have two.
    private static let forbiddenSources = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd",
        "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk",
        "photonPersistentDisk", "portworxVolume", "scaleIO", "storageos",
    ]

    private static func detail(volumes: [String], _ types: [String]) -> String {
        "\(Wording.plural("volume", volumes.count)) \(Wording.quoted(volumes)) \(Wording.uses(volumes.count)) "
            + "\(Wording.plural("restricted volume type", types.count)) \(Wording.quoted(types))"
    }
}
