import KubernetesAPI
import Logging
import Synchronization

@testable import ControllerRuntime

/// A kind that no server knows, with one field of its own, and an older version that reads alike.
struct Thing: KubernetesObject, Equatable {
    static let resource = Resource(
        group: "example.com",
        version: "v1",
        plural: "things",
        kind: "Thing",
        isNamespaced: true
    )
    static let olderVersions = ["v1beta1"]

    var metadata: ObjectMeta
    var size: Int?
}

/// Keeps what is logged.
final class LogRecorder: Sendable {
    private let recorded = Mutex<[String]>([])

    /// Level and message of each line.
    var lines: [String] { recorded.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.recorded.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}

/// Pseudorandom numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Seeds for a property: some that stay, and one that is new each time. A failure prints the one it came of.
let seeds: [UInt64] = Array(1...20) + [.random(in: 21...UInt64.max)]

/// Holds whoever waits until it is opened, and lets all pass from then on.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Never.self)

    func wait() async { for await _ in stream {} }
    func open() { continuation.finish() }
}

/// Waits until `condition` holds; only a hang, which the suite's time limit ends, keeps it waiting.
func until(_ condition: () -> Bool) async throws {
    while !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
