import Foundation

/// How large the program is.
extension Measurement {
    func binary(_ report: inout Report) async throws {
        let attributes = try await FileManager.default.attributesOfItem(atPath: stripped())
        let mebibytes = Double((attributes[.size] as? Int) ?? 0) / Self.mebi
        report.rows.append(
            Row(
                "binary",
                "binary, stripped",
                .mebibytes,
                Figures(mebibytes),
                goal: Goals.binaryMebibytes,
                gauge: mebibytes
            )
        )
    }

    /// A copy of the program without its symbols, which valgrind cannot read of every Swift.
    func stripped() async throws -> String {
        let copy = "\(cluster.directory)/copies/stripped"
        try await Command.run("mkdir", "-p", "\(cluster.directory)/copies")
        try await Command.run("strip", "-s", "-o", copy, program)
        return copy
    }
}
