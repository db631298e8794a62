import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// An image is named by its digest (`nginx@sha256:…`), so that what runs is what was looked at: a tag can be moved.
    /// An image that the template leaves empty for somebody else to fill in is passed over.
    ///
    /// Source: Kubernetes documentation, *Security Checklist*, "Images"; CIS Kubernetes Benchmark 5.5.1.
    static let imageDigest = WorkloadCheck(
        id: "image-digest",
        .medium,
        "Images are named by their digest",
        source: "Kubernetes Security Checklist, \"Images\"",
        .pod { pod in
            .ofContainers(pod.spec) { place, container in
                guard !container.image.isEmpty, !container.image.utf8.contains(UInt8(ascii: "@")) else { return [] }
                return [.set("\(place).image", "\(container.image)@sha256:DIGEST")]
            } message: {
                "the image of \($0) is not named by its digest"
            }
        }
    )
}
