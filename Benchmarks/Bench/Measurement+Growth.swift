import KubernetesClient

/// The same at several sizes, one after the other.
extension Measurement {
    /// As many pods a namespace as there are at the default size.
    private var growthSizes: [Size] { growth.sorted().map { Size(namespaces: $0, pods: $0 * 20) } }

    func seedGrowth() async throws -> Seeded {
        try await startAnew()
        var seeded = Seeded()
        var before = Size(namespaces: 0, pods: 0)
        for size in growthSizes {
            let have = before
            seeded = try await grow(to: Copy.growth(size), "\(size)") { seeding in
                if have.pods == 0 { try await seeding.furnish() }
                try await seeding.fill(size, beyond: have)
            }
            before = size
        }
        return seeded
    }

    func growth(_ report: inout Report) async throws {
        var growth = Growth(points: [])
        for size in growthSizes {
            growth.points.append(try await growthPoint(on: Copy.growth(size), size))
            try await cluster.forget(Copy.growth(size))
        }
        report.growth = growth
    }

    /// A cold start, and pods that change thereafter.
    func growthPoint(on copy: String, _ size: Size) async throws -> GrowthPoint {
        let (start, event) = try await startOfOperator(on: copy, size, "operator, \(size)") {
            try await podEventCost($0, $1)
        }
        return GrowthPoint(size: size, start: start, podEvent: event)
    }
}
