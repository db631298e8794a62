import Foundation
import KubernetesAPI
import Subprocess
import TestSupport
import Yams

/// `hardening-operator run`, as `manifests/deployment.yaml` runs it, but for the ports.
struct OperatorUnderTest: Sendable {
    /// One that runs.
    struct Running: Sendable {
        var process: Int32
        /// When it was started, in seconds since the epoch.
        var startedAt: Double
        fileprivate var log: String

        var figures: ProcessFigures { get throws { try ProcessFigures(of: process) } }

        /// The end of what it has written to its log.
        var lastWords: String {
            ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n").suffix(20)
                .joined(separator: "\n")
        }
    }

    private let program: String
    private let kubeconfig: String
    private let log: String
    private let arguments: [String]
    private let environment: [String: String]

    /// The operator that is `program`, with the arguments and the environment of the Deployment in `manifest`.
    init(program: String, kubeconfig: String, log: String, manifest: String) throws {
        self.program = program
        self.kubeconfig = kubeconfig
        self.log = log
        let deployment = try YAMLDecoder().decode(
            Manifest.self,
            from: String(contentsOfFile: manifest, encoding: .utf8)
        )
        guard let container = deployment.spec.template.spec.containers.first else {
            throw Failure("\(manifest) has no container")
        }
        arguments = container.args
        environment = Dictionary(
            container.env.map { ($0.name, $0.value ?? "hardening-system") },
            uniquingKeysWith: { $1 }
        )
    }

    /// Runs it for as long as `body` takes.
    ///
    /// - Throws: ``Failure`` when it does not end well, and what `body` throws, then with the operator's last words.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable (Running) async throws -> Result
    ) async throws -> Result {
        let file = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { throw Failure("cannot write to \(log)") }
        let ports = ["--health-port", "\(try freePort())", "--metrics-port", "\(try freePort())"]
        let variables = environment.map { (Environment.Key(rawValue: $0.key) ?? "", Optional($0.value)) }
        let log = log
        let startedAt = Date().timeIntervalSince1970
        let result = try await Subprocess.run(
            .path(.init(program)),
            arguments: Arguments(arguments + ["--kubeconfig", kubeconfig] + ports),
            environment: .inherit.updating(Dictionary(uniqueKeysWithValues: variables)),
            input: .none,
            output: .discarded,
            error: .fileDescriptor(.init(rawValue: file), closeAfterSpawningProcess: true)
        ) { execution in
            let running = Running(process: execution.processIdentifier.value, startedAt: startedAt, log: log)
            do {
                let result = try await body(running)
                try execution.send(signal: .terminate)
                return result
            } catch {
                try? execution.send(signal: .kill)
                throw Failure("\(error)\nthe operator said last:\n\(running.lastWords)")
            }
        }
        guard result.terminationStatus.isSuccess else {
            throw Failure("the operator did not stop well: \(result.terminationStatus); its log is \(log)")
        }
        return result.closureResult
    }

    private struct Manifest: Decodable {
        struct Spec: Decodable { var template: Template }
        struct Template: Decodable { var spec: PodSpec }
        struct PodSpec: Decodable { var containers: [Container] }
        struct Container: Decodable {
            var args: [String]
            var env: [Variable]
        }
        struct Variable: Decodable {
            var name: String
            var value: String?
        }
        var spec: Spec
    }
}
