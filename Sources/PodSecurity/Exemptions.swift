import KubernetesAPI

extension PodSpec {
    /// Whether the pod says that it is for Windows. One that is merely scheduled there by a node selector does not.
    var isForWindows: Bool { osName == "windows" }

    /// Whether its root is nobody on the node (KEP-127). Unset means that it is not.
    var isInUserNamespace: Bool { hostUsers == false }
}
