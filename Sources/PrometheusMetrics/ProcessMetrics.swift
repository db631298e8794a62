#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the kernel says of this process, read anew each time: proc(5). Where there is no `/proc`, nothing is said.
///
/// Source of the names: Prometheus, "Writing client libraries", "Process metrics".
public struct ProcessMetrics: Sendable {
    private let directory: String
    private let ticksPerSecond: Double
    private let pageSize: Int64

    /// The metrics of this process.
    public init() {
        self.init(
            directory: "/proc",
            ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)),
            pageSize: sysconf(Int32(_SC_PAGESIZE))
        )
    }

    init(directory: String, ticksPerSecond: Int, pageSize: Int) {
        self.directory = directory
        self.ticksPerSecond = Double(max(ticksPerSecond, 1))
        self.pageSize = Int64(pageSize)
    }

    func families() -> [FamilySnapshot] {
        var families: [FamilySnapshot] = []
        func add(_ name: String, _ kind: MetricKind, _ help: String, _ number: SeriesNumber?) {
            guard let number else { return }
            families.append(
                FamilySnapshot(
                    name: name,
                    kind: kind,
                    help: help,
                    series: [.init(labels: Labels([]), value: .number(number))]
                )
            )
        }
        let fields = statFields
        func integer(_ index: Int) -> Int64? { fields.indices.contains(index) ? Int64(fields[index]) : nil }
        // Fields 14, 15, 22, 23 and 24 of /proc/PID/stat; the first two were cut off.
        if let user = integer(11), let system = integer(12) {
            let seconds = Double(user + system) / ticksPerSecond
            add("process_cpu_seconds_total", .counter, "User and system CPU time, in seconds.", .real(seconds))
        }
        if let ticks = integer(19), let boot = bootTime {
            let start = boot + Double(ticks) / ticksPerSecond
            add("process_start_time_seconds", .gauge, "When the process began, in seconds since 1970.", .real(start))
        }
        add(
            "process_virtual_memory_bytes",
            .gauge,
            "The size of the address space, in bytes.",
            integer(20).map { .integer($0) }
        )
        add(
            "process_resident_memory_bytes",
            .gauge,
            "What is held in memory, in bytes.",
            integer(21).map { .integer($0 * pageSize) }
        )
        add("process_open_fds", .gauge, "How many files are open.", openFiles.map { .integer($0) })
        add("process_max_fds", .gauge, "How many files may be open.", maximumOfFiles)
        return families
    }

    // What follows the program's name, which may have anything in it, brackets too.
    private var statFields: [Substring] {
        guard let text = text("self/stat"), let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
    }

    private var bootTime: Double? {
        let line = text("stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) }
    }

    private var openFiles: Int64? {
        // One of them is the one that this is read by.
        (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/self/fd")).map { Int64($0.count - 1) }
    }

    private var maximumOfFiles: SeriesNumber? {
        let line = text("self/limits")?.split(separator: "\n").first { $0.hasPrefix("Max open files") }
        guard let soft = line?.dropFirst("Max open files".count).split(separator: " ").first else { return nil }
        return soft == "unlimited" ? .real(.infinity) : Int64(soft).map { .integer($0) }
    }

    private func text(_ path: String) -> String? {
        try? String(contentsOfFile: "\(directory)/\(path)", encoding: .utf8)
    }
}
