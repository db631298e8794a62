/// Where a container stands in its pod.
public struct ContainerPlace: Sendable, Hashable {
    /// The lists of containers that a pod has.
    public enum List: String, Sendable, Hashable, CaseIterable {
        /// Those that run before the others.
        case initContainers
        /// Those that run side by side.
        case containers
        /// Those that were added to a running pod.
        case ephemeralContainers
    }

    /// The list that it is in.
    public var list: List
    /// Its place there, from 0.
    public var index: Int

    /// The place `index` of `list`.
    public init(_ list: List, _ index: Int) {
        self.list = list
        self.index = index
    }
}

extension ContainerPlace: CustomStringConvertible {
    /// The path of the field, such as `spec.initContainers[0]`.
    public var description: String { "spec.\(list.rawValue)[\(index)]" }
}

extension PodSpec {
    /// Calls `body` with each container and its place, in the order in which the API server looks at them: init
    /// containers, containers, ephemeral containers.
    public func forEachContainer(_ body: (ContainerPlace, Container) throws -> Void) rethrows {
        // By index, since iterating copies each container.
        for index in initContainers.indices { try body(ContainerPlace(.initContainers, index), initContainers[index]) }
        for index in containers.indices { try body(ContainerPlace(.containers, index), containers[index]) }
        for index in ephemeralContainers.indices {
            try body(ContainerPlace(.ephemeralContainers, index), ephemeralContainers[index])
        }
    }
}
