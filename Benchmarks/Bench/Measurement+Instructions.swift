import KubernetesClient

/// What it takes to read a cluster and to judge it, in instructions.
///
/// It is `plan` that is counted: it lists what the operator watches, into the same caches, and asks the same core, and it has
/// no lease to lose while it is slow.
extension Measurement {
    /// Always the same sizes, whatever else is measured: counts do not need more, and counting is slow.
    private static let counted = Size(namespaces: 10, pods: 200)
    private static let furtherNamespaces = 20

    /// The counted cluster with half of its pods, with all, and with empty namespaces besides.
    func seedCounted() async throws -> Seeded {
        let counted = Self.counted
        let names = 0..<counted.namespaces
        try await startAnew()
        _ = try await grow(to: Copy.countedFewerPods, "half of \(counted)") { seeding in
            try await seeding.furnish()
            try await seeding.nodes(for: counted)
            try await seeding.namespaces(names)
            try await seeding.pods(counted, in: names, tenths: 0..<5)
        }
        let seeded = try await grow(to: Copy.counted, "\(counted)") { seeding in
            try await seeding.pods(counted, in: names, tenths: 5..<10)
        }
        _ = try await grow(to: Copy.countedMoreNamespaces, "\(Self.furtherNamespaces) namespaces more") { seeding in
            try await seeding.namespaces(names.upperBound..<names.upperBound + Self.furtherNamespaces)
        }
        return seeded
    }

    func instructions(_ report: inout Report) async throws {
        let program = try await stripped()
        let all = try await count(program, on: Copy.counted, "\(Self.counted)")
        let fewerPods = try await count(program, on: Copy.countedFewerPods, "half of the pods")
        let moreNamespaces = try await count(program, on: Copy.countedMoreNamespaces, "more namespaces")
        func row(_ key: String, _ what: String, _ count: Double) -> Row {
            Row("instructions-\(key)", what, .instructions, Figures(count), gauge: count)
        }
        report.rows += [
            row("plan", "instructions of a plan of \(Self.counted)", all),
            row("pod", "instructions of a further pod", (all - fewerPods) / Double(Self.counted.pods / 2)),
            row(
                "namespace",
                "instructions of a further namespace",
                (moreNamespaces - all) / Double(Self.furtherNamespaces)
            ),
        ]
    }

    private func count(_ program: String, on copy: String, _ what: String) async throws -> Double {
        let count = try await cluster.run(on: copy) { _ in
            // 2 says that there is something to write.
            try await instructionCount.count(program, ["plan", "--kubeconfig", kubeconfig], accepted: [0, 2])
        }
        say("a plan, \(what): \(Unit.instructions.text(count)) instructions")
        return count
    }
}
