import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// An image has a tag other than `latest`, or a digest. Without either, the container runtime takes `latest`:
    /// whatever was pushed last.
    ///
    /// Source: Kubernetes documentation, *Images*, "Image names" and *Configuration Good Practices*; CIS Kubernetes
    /// Benchmark 5.5.1.
    static let imageTagLatest = WorkloadCheck(
        id: "image-tag-latest",
        .medium,
        "No image is whatever was pushed last",
        source: "Kubernetes documentation, \"Images\"",
        .pod { pod in
            .ofContainers(pod.spec) { place, container in
                guard !container.image.isEmpty else { return [] }
                let image = ImageReference(container.image)
                guard image.digest == nil, image.tag ?? "latest" == "latest" else { return [] }
                return [.set("\(place).image", "\(image.name):TAG")]
            } message: {
                "the image of \($0) is latest"
            }
        }
    )
}
