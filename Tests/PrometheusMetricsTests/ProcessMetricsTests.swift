import Foundation
import Testing

@testable import PrometheusMetrics

@Suite struct ProcessMetricsTests {
    private func values(_ metrics: ProcessMetrics) -> [String: Double] {
        Dictionary(
            uniqueKeysWithValues: metrics.families().compactMap { family in
                guard case .number(let number)? = family.series.first?.value else { return nil }
                return (family.name, number.double)
            }
        )
    }

    @Test("Each figure is read from its place in /proc, whatever the program is called")
    func figures() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "proc-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        func write(_ path: String, _ text: String) throws {
            let file = directory.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
        let fields = "S 1 4711 4711 0 -1 4194304 1 2 3 4 250 50 7 8 20 0 9 0 300 8192000 25 18446744073709551615 1"
        try write("self/stat", "4711 (a) b (c d) \(fields)\n")
        try write("stat", "cpu 1 2 3\nbtime 1700000000\nprocesses 3\n")
        try write(
            "self/limits",
            "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n"
        )
        for descriptor in 0..<4 { try write("self/fd/\(descriptor)", "") }
        let metrics = ProcessMetrics(
            directory: directory.path(percentEncoded: false),
            ticksPerSecond: 100,
            pageSize: 4096
        )
        #expect(
            values(metrics) == [
                "process_cpu_seconds_total": 3, "process_start_time_seconds": 1_700_000_003,
                "process_virtual_memory_bytes": 8_192_000, "process_resident_memory_bytes": 102_400,
                "process_open_fds": 3, "process_max_fds": 1024,
            ]
        )
    }

    @Test("Where there is no /proc, nothing is said")
    func absent() {
        let metrics = ProcessMetrics(directory: "/nonexistent", ticksPerSecond: 100, pageSize: 4096)
        #expect(metrics.families().isEmpty)
    }

    #if os(Linux)
        @Test("Of this very process all six are known")
        func real() {
            let values = values(ProcessMetrics())
            #expect(values.count == 6)
            #expect(values.values.allSatisfy { $0 > 0 })
            #expect((values["process_open_fds"] ?? 0) <= values["process_max_fds"] ?? 0)
        }
    #endif
}
