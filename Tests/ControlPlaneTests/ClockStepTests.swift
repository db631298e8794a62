import FaultProxy
import Foundation
import Subprocess
import TestSupport
import Testing

extension ControlPlaneTests.Faults {
    @Test(
        "The clock of the operator's machine steps by an hour and back: it goes on as if nothing had happened; prints the figures",
        .enabled(if: ClockStep.library != nil, "scripts/setup control-plane installs libfaketime")
    )
    func clockSteps() async throws {
        let clock = try ClockStep()
        defer { clock.remove() }
        try await FaultScene.play(seed: SeededGenerator().seed, environment: clock.environment) { faults in
            var number = 0
            for (offset, memory) in [("+3600", "128Mi"), ("+0", "64Mi")] {
                let mark = faults.proxy.requests.count
                try clock.step(to: offset)
                let stepped = ContinuousClock.now
                number += 1
                try await faults.namespace("n\(number)")
                try await faults.drift(in: faults.first)
                try await faults.editProfile(memory: memory)
                let namespaces = [faults.first] + (1...number).map { "\(faults.scene.name)-n\($0)" }
                try await faults.converged(namespaces, memory: memory)
                let requests = faults.proxy.requests.dropFirst(mark)
                print(
                    "fault: clock at \(offset) s | \(requests.count) requests | converged in \((ContinuousClock.now - stepped).milliseconds) ms"
                )
                #expect(requests.mostToOnePath.count <= 25)
            }
        }
    }
}

/// The time of day of a process, as libfaketime gives it. Clocks that only go on (CLOCK_MONOTONIC, CLOCK_BOOTTIME) are
/// left alone, as by a real step.
private struct ClockStep {
    static let library = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    ].first { FileManager.default.fileExists(atPath: $0) }

    private let file = NSTemporaryDirectory() + "faketime-\(UUID().uuidString)"

    init() throws { try step(to: "+0") }

    var environment: [Environment.Key: String?] {
        [
            "LD_PRELOAD": Self.library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
    }

    func remove() { try? FileManager.default.removeItem(atPath: file) }
    func step(to offset: String) throws { try Data(offset.utf8).write(to: URL(filePath: file)) }
}
