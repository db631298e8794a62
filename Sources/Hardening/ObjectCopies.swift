import KubernetesAPI

/// Objects of one kind in a namespace, of which several may bear one name, as manifests of several environments do.
struct ObjectCopies<Object: Sendable>: Sendable {
    /// One of them.
    struct Copy: Sendable {
        var name: String
        var object: Object
        /// Where it comes from.
        var source: Int
    }

    private var copies: [String: [Copy]] = [:]
    /// How many there are of the name of which there are most.
    private(set) var depth = 0

    mutating func add(_ object: Object, named name: String, from source: Int) {
        copies[name, default: []].append(Copy(name: name, object: object, source: source))
        depth = max(depth, copies[name]?.count ?? 0)
    }

    /// One of each name, in the order of their sources: that of the place `index`, or the last if there are not that many.
    func variant(_ index: Int) -> [Copy] {
        copies.values.map { $0[min(index, $0.count - 1)] }.sorted { $0.source < $1.source }
    }

    /// Those of the place `index`, in the order of their sources.
    func only(_ index: Int) -> [Copy] {
        copies.values.compactMap { index < $0.count ? $0[index] : nil }.sorted { $0.source < $1.source }
    }
}

/// The workloads of a namespace, of which several may bear one kind and name. Whatever a controller has made stays with
/// it, as in what kubectl prints of several clusters.
struct WorkloadCopies {
    // What stands at the top, with all that belongs to it.
    private var families = ObjectCopies<[Int]>()
    private let workloads: [(object: ObservedWorkload, source: Int)]

    /// Those of `workloads`, in their order.
    init(_ workloads: [(object: ObservedWorkload, source: Int)]) {
        self.workloads = workloads
        var byUID: [UID: [Int]] = [:]
        // Of one uid and name there are several where one object was written down several times.
        var places: [Int] = []
        for (index, workload) in workloads.enumerated() {
            places.append(byUID[workload.object.uid]?.count ?? 0)
            byUID[workload.object.uid, default: []].append(index)
        }
        func owner(of index: Int) -> Int? {
            guard let uid = workloads[index].object.controller?.uid, let owners = byUID[uid] else { return nil }
            return owners[min(places[index], owners.count - 1)]
        }
        var members: [Int: [Int]] = [:]
        for index in workloads.indices {
            var top = index
            // A circle of references can be made by hand.
            var seen: Set<Int> = [index]
            while let next = owner(of: top), seen.insert(next).inserted { top = next }
            members[top, default: []].append(index)
        }
        for (top, members) in members.sorted(by: { $0.key < $1.key }) {
            let workload = workloads[top]
            families.add(
                members,
                named: "\(workload.object.kind)/\(workload.object.name)",
                from: workload.source
            )
        }
    }

    /// How many there are of the kind and name of which there are most.
    var depth: Int { families.depth }

    /// One of each kind and name: that of the place `index`, or the last if there are not that many.
    func variant(_ index: Int) -> [(object: ObservedWorkload, source: Int)] { members(families.variant(index)) }

    /// Those of the place `index`.
    func only(_ index: Int) -> [(object: ObservedWorkload, source: Int)] { members(families.only(index)) }

    private func members(_ families: [ObjectCopies<[Int]>.Copy]) -> [(object: ObservedWorkload, source: Int)] {
        families.flatMap(\.object).map { workloads[$0] }
    }
}
