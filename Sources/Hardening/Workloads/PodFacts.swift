import KubernetesAPI
import PodSecurity

/// What is kept of a pod's spec once it was judged: what is wrong with it, and what the impact of a control depends on.
///
/// Nothing of it is the pod's own: all pods of a template have equal facts, so that one copy can serve them all.
public final class PodFacts: Sendable {
    /// A port that a container says it listens on.
    public struct Port: Sendable, Hashable {
        /// What services may call it by.
        public var name: String?
        /// Its number and protocol.
        public var port: TransportPort

        /// A port with the given parts.
        public init(name: String?, port: TransportPort) {
            self.name = name
            self.port = port
        }
    }

    /// A container's image.
    public struct Image: Sendable, Hashable {
        /// The container's place, such as `spec.containers[0]`, below its template.
        public var path: String
        /// The container's name.
        public var container: String
        /// The image as it is written.
        public var reference: String
    }

    /// What speaks against the pod by itself, whatever is around it: every check that can be answered so, of every
    /// version.
    public let violations: [PodViolation]
    /// The account it runs as; `default` where it names none.
    public let serviceAccount: String
    /// Its own wish for a token.
    public let automount: Bool?
    /// Whether a container has files of a Secret or a projected volume where tokens are: of a live pod, that it was given
    /// one.
    public let mountsToken: Bool
    /// Whether it is on the node's network, where no policy reaches it.
    public let isOnHostNetwork: Bool
    /// The ports that it says it listens on.
    public let ports: [Port]
    /// Its ports that are reached through one of the node's.
    public let hostPorts: [TransportPort]
    /// The port that its annotations ask Prometheus to scrape, if they do; 0 where they name none.
    public let scrapePort: Int?
    /// What its containers ask for and may use.
    public let resources: PodResources
    /// Its images.
    public let images: [Image]

    /// Where a container finds the token of its account.
    static let tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// What is to be kept of `pod`, which fails `violations`.
    public init(_ pod: PodTemplateSpec, violations: [PodViolation]) {
        let spec = pod.spec
        self.violations = violations
        serviceAccount = spec.serviceAccountName.flatMap { $0.isEmpty ? nil : $0 } ?? Marks.defaultServiceAccountName
        automount = spec.automountServiceAccountToken
        // An empty directory is mounted there by those who want no token.
        let tokens = Set(
            spec.volumes.lazy.filter { $0.sources.contains("projected") || $0.sources.contains("secret") }.map(\.name)
        )
        mountsToken =
            !tokens.isEmpty
            && spec.allContainers.contains { _, container in
                container.volumeMounts.contains { mount in
                    mount.mountPath == Self.tokenPath && mount.name.map(tokens.contains) == true
                }
            }
        isOnHostNetwork = spec.hostNetwork
        ports = spec.allContainers.flatMap { _, container in
            container.ports.compactMap { port in
                port.containerPort.map {
                    Port(name: port.name, port: TransportPort(port.protocol ?? "TCP", Int64($0)))
                }
            }
        }
        hostPorts = spec.allContainers.flatMap { _, container in
            container.ports.compactMap { port in
                guard let number = port.containerPort, (port.hostPort ?? 0) != 0 else { return nil }
                return TransportPort(port.protocol ?? "TCP", Int64(number))
            }
        }
        scrapePort = pod.annotations.scrapePort
        resources = PodResources(spec)
        images = spec.allContainers.map { path, container in
            Image(path: path, container: container.name, reference: container.image)
        }
    }

    /// Whether anything that is kept depends on an annotation of this name.
    public static func reads(annotation name: String) -> Bool {
        name.utf8.starts(with: [String: String].scrapePrefix.utf8) || Evaluator.reads(annotation: name)
    }

    /// What is to be kept of `pod`, judged by every check that its spec alone can answer.
    public convenience init(judging pod: PodTemplateSpec) {
        self.init(pod, violations: PodViolation.violations(of: pod))
    }
}

extension PodFacts: Hashable {
    /// Facts are equal that say the same; those that are one are compared no further.
    public static func == (left: PodFacts, right: PodFacts) -> Bool {
        left === right
            || (left.violations == right.violations && left.serviceAccount == right.serviceAccount
                && left.automount == right.automount && left.mountsToken == right.mountsToken
                && left.isOnHostNetwork == right.isOnHostNetwork && left.ports == right.ports
                && left.hostPorts == right.hostPorts && left.scrapePort == right.scrapePort
                && left.resources == right.resources
                && left.images == right.images)
    }

    /// Hashes what tells most pods apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(violations.count)
        hasher.combine(serviceAccount)
        hasher.combine(images)
        hasher.combine(resources)
    }
}

/// What a pod violates by itself.
public struct PodViolation: Sendable, Hashable {
    /// The check's id, such as `read-only-root-filesystem`.
    public var check: String
    /// The minor versions of the Pod Security Standards in which it is one; all for checks that are not of these.
    public var versions: Range<Int>
    /// What is wrong: for a check of the Pod Security Standards, in the API server's words.
    public var message: String
    /// The fields to set or remove, each such as `spec.containers[1].securityContext.privileged: false`, below the
    /// template that the pod is made from.
    public var remedies: [Remedy]

    /// A violation with the given parts.
    public init(check: String, versions: Range<Int> = 0..<Int.max, message: String, remedies: [Remedy]) {
        self.check = check
        self.versions = versions
        self.message = message
        self.remedies = remedies
    }
}

extension PodViolation {
    /// What `pod` violates by itself: of the Pod Security Standards in the API server's order, then of the other checks.
    static func violations(of pod: PodTemplateSpec) -> [PodViolation] {
        let history = Evaluator.history(of: pod).map {
            PodViolation(
                check: $0.check.controlID,
                versions: $0.versions,
                message: $0.description,
                remedies: $0.remedies
            )
        }
        return history
            + WorkloadCheck.ofPods.compactMap { check, rule in
                rule(pod).map { PodViolation(check: check, message: $0.message, remedies: $0.remedies) }
            }
    }
}

/// What the containers of a pod ask for and may use: what LimitRanges look at.
public struct PodResources: Sendable, Hashable {
    /// One container's.
    public struct Container: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Its place below the template, such as `spec.initContainers[0]`.
        public var path: String
        /// Whether it runs before the others.
        public var isInit: Bool
        /// Whether it is an init container that goes on running beside the others (KEP-753).
        public var isSidecar: Bool
        /// What it asks for and may use.
        public var requirements: ResourceRequirements
    }

    /// Containers and init containers, as the pod lists them; ephemeral ones have no resources.
    public var containers: [Container]
    /// What all of them together ask for (KEP-2837).
    public var pod: ResourceRequirements?

    /// What `spec` asks for.
    public init(_ spec: PodSpec) {
        func containers(_ list: [KubernetesAPI.Container], _ field: String, isInit: Bool) -> [Container] {
            list.enumerated().map { index, container in
                Container(
                    name: container.name,
                    path: "spec.\(field)[\(index)]",
                    isInit: isInit,
                    isSidecar: isInit && container.restartPolicy == "Always",
                    requirements: container.resources
                )
            }
        }
        self.containers =
            containers(spec.initContainers, "initContainers", isInit: true)
            + containers(spec.containers, "containers", isInit: false)
        pod = spec.resources
    }
}

extension PodSpec {
    /// Every container with its place below the template, such as `spec.containers[0]`, in the order in which the API
    /// server looks at them.
    public var allContainers: [(path: String, container: Container)] {
        var all: [(path: String, container: Container)] = []
        forEachContainer { all.append(("\($0)", $1)) }
        return all
    }
}
