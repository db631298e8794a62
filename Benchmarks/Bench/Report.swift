import Foundation

/// How large the cluster is.
struct Size: Sendable, Codable, Equatable, CustomStringConvertible {
    var namespaces: Int
    var pods: Int

    var podsPerNamespace: Int { pods / namespaces }
    var description: String { "\(namespaces) namespaces, \(pods) pods" }
}

/// All that was measured.
struct Report: Sendable, Codable {
    var date: String
    var machine: String
    var kubernetes: String
    /// How the operator was built: `debug` or `release`.
    var build: String
    var size: Size
    var runs: Int
    /// The bare writer's.
    var writesInFlight: Int
    /// Of JSON, as the server answers it.
    var meanPodBytes: Int
    var rows: [Row] = []
    /// The same at several sizes, if that was asked for.
    var growth: Growth?
    /// What was asked of the API server, by occasion.
    var requests: [String: [String: Int]] = [:]

    var circumstances: String {
        """
        \(rows.allSatisfy { $0.key.hasPrefix("full-") } ? "pods" : "\(size)") of \(meanPodBytes) bytes on average; Kubernetes \(kubernetes); operator built for \(build)
        \(machine); \(date); medians of \(runs), with the least and the most; bare writer with \(writesInFlight) writes \
        in flight
        """
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// How this program was built, and the operator with it.
    static var thisBuild: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    /// Which machine this is.
    static var thisMachine: String {
        let processors = ProcessInfo.processInfo.activeProcessorCount
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = information.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last
        let memory = ProcessInfo.processInfo.physicalMemory >> 30
        return "\(processors) cores" + (model.map { " (\($0.drop { $0 == " " }))" } ?? "") + ", \(memory) GiB"
    }
}
