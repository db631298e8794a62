import Benchmark
import Foundation
import KubernetesAPI
import PodSecurity

// How long it takes to judge a pod that was already read. The pods are those that a real API server was asked about; see
// Tests/PodSecurityTests/OracleTests.swift. The times printed are those of one.
let benchmarks = { @Sendable in
    struct Case: Decodable {
        var pod: PodTemplateSpec
    }

    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
    let file = root.appendingPathComponent("Tests/PodSecurityTests/Resources/pod-security-oracle.jsonl").standardized
    guard let lines = try? Data(contentsOf: file).split(separator: UInt8(ascii: "\n")),
        let cases = try? lines.map({ try JSONDecoder().decode(Case.self, from: $0) })
    else {
        print("cannot read the pods in \(file.path)")
        return
    }
    let pods = cases.map { Evaluator.asCreated($0.pod) }
    let evaluator = Evaluator(serverMinor: 36)

    Benchmark.defaultConfiguration.metrics = [.wallClock]
    Benchmark.defaultConfiguration.timeUnits = .nanoseconds
    Benchmark.defaultConfiguration.scalingFactor = .kilo
    Benchmark.defaultConfiguration.warmupIterations = 5

    /// Measures `judge` on a thousand of `pods`, evenly spread over them.
    func measure(_ name: String, _ pods: [PodTemplateSpec], _ judge: @escaping @Sendable (PodTemplateSpec) -> Void) {
        Benchmark(name) { benchmark in
            for number in benchmark.scaledIterations { judge(pods[number * pods.count / 1000]) }
        }
    }

    for level in [Level.baseline, .restricted] {
        let policy = Policy(level: level, version: .latest)
        let admitted = pods.filter { evaluator.judge($0, by: policy).allowed }
        let refused = pods.filter { !evaluator.judge($0, by: policy).allowed }
        measure("\(level): verdict", pods) { blackHole(evaluator.judge($0, by: policy).allowed) }
        measure("\(level): verdict, admitted pods", admitted) { blackHole(evaluator.judge($0, by: policy).allowed) }
        measure("\(level): verdict, refused pods", refused) { blackHole(evaluator.judge($0, by: policy).allowed) }
        measure("\(level): verdict and message, refused pods", refused) {
            blackHole(evaluator.judge($0, by: policy).message)
        }
    }
    measure("digest of every check", pods) { blackHole(evaluator.failedChecks(of: $0, in: .latest)) }
}
