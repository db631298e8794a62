import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// Every image comes from a registry that the profile allows, or from a path there. Off until it allows any.
    ///
    /// Mirrors that the nodes use instead cannot be seen.
    ///
    /// Source: CIS Kubernetes Benchmark 5.5.1.
    static let imageRegistryAllowlist = WorkloadCheck(
        id: "image-registry-allowlist",
        .high,
        "Images come from allowed registries",
        source: "CIS 5.5.1",
        isOnByDefault: false,
        .facts { facts, parameters in
            var containers: [String] = []
            var sources: Set<String> = []
            var remedies: [Remedy] = []
            for image in facts.images where !image.reference.isEmpty {
                let reference = ImageReference(image.reference)
                if parameters.allowedRegistries.contains(where: { $0.allows(reference) }) { continue }
                containers.append(image.container)
                sources.insert("\(reference.registry)/\(reference.path)")
                let allowed = parameters.allowedRegistries.first?.description ?? ""
                remedies.append(.set("\(image.path).image", "an image below \(allowed)", of: image.container))
            }
            guard !containers.isEmpty else { return nil }
            return Problem(
                "\(Problem.inWords(containers)) \(containers.count == 1 ? "uses" : "use") "
                    + "\(sources.sorted().joined(separator: ", ")), not below any of allowedRegistries",
                remedies
            )
        }
    )
}

/// A registry, or a path in one, with all that is below it.
///
/// `registry.example.com/team` allows `registry.example.com/team/web` and `registry.example.com/team`, but not
/// `registry.example.com/teams/web`. `docker.io/library` allows `nginx`, which is its short form. No globs.
struct RegistryPrefix: Sendable, Hashable, CustomStringConvertible {
    let registry: String
    let path: [Substring]
    let description: String

    /// What an entry may be, in words.
    static let rule =
        "a registry such as registry.example.com or localhost:5000, or a path in one such as docker.io/library"

    /// `nil` if `text` is neither a registry nor a path in one, has a scheme, a tag, a digest or a character that no image
    /// name has.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let host = parts.first, text.utf8.count <= 255,
            host == "localhost" || host.contains(".") || host.contains(":"),
            Self.isHost(host), parts.dropFirst().allSatisfy(Self.isSegment)
        else { return nil }
        registry = host == "index.docker.io" ? "docker.io" : String(host)
        path = Array(parts.dropFirst())
        description = text
    }

    func allows(_ image: ImageReference) -> Bool {
        image.registry == registry && image.path.split(separator: "/").starts(with: path)
    }

    private static func isHost(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isPort = parts.count == 1 || (parts.count == 2 && UInt16(parts[1]) != nil)
        return isPort && parts.first.map { isSegment($0) && !$0.contains("_") } == true
    }

    private static func isSegment(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                97...122 ~= byte || 48...57 ~= byte || "-_.".utf8.contains(byte)
            }
    }
}
