import Foundation

/// What a process has used, by proc(5).
struct ProcessFigures: Sendable, Codable {
    /// Of processor time, in user mode and in the kernel; to the hundredth of a second.
    var cpuSeconds: Double
    /// The most memory that was ever resident (`VmHWM`).
    var peakBytes: Double
    /// Resident memory that no file is behind (`RssAnon`): the heap and the stacks.
    var anonymousBytes: Double

    init(of process: Int32) throws {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        func kibibytes(_ field: String) throws -> Double {
            guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("\(field):") }),
                let value = Double(line.filter(\.isNumber))
            else { throw Failure("/proc/\(process)/status: no \(field)") }
            return value * 1024
        }
        peakBytes = try kibibytes("VmHWM")
        anonymousBytes = try kibibytes("RssAnon")
        cpuSeconds = try Self.cpuSeconds(of: process)
    }

    /// Only the processor time.
    static func cpuSeconds(of process: Int32) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        // The fields after the name in parentheses, which may hold anything: the third is first.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].dropFirst(2).split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            throw Failure("/proc/\(process)/stat is not as in proc(5): \(text)")
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Waits until the process has used less than `share` of a core for two seconds.
    static func untilIdle(_ process: Int32, below share: Double) async throws {
        var before = try cpuSeconds(of: process)
        var quiet = 0
        try await eventually("process \(process) is idle", within: .seconds(300), every: .seconds(1)) {
            let now = try cpuSeconds(of: process)
            quiet = now - before < share ? quiet + 1 : 0
            before = now
            return quiet >= 3 ? () : nil
        }
    }
}
