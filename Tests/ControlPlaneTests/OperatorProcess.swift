import Foundation
import KubernetesAPI
import Subprocess
import Testing

/// `hardening-operator run`, as a process under exactly the rights that `manifests/` grants.
struct OperatorProcess: Sendable {
    /// The program, as built along with the tests.
    static let program =
        ProcessInfo.processInfo.environment["HARDENING_TEST_OPERATOR"]
        ?? "\(ControlPlane.package)/.build/debug/hardening-operator"

    private let log: LogFile
    private let identifier: Int32
    private let sendSignal: @Sendable (Signal) throws -> Void

    fileprivate init(log: LogFile, identifier: Int32, sendSignal: @escaping @Sendable (Signal) throws -> Void) {
        self.log = log
        self.identifier = identifier
        self.sendSignal = sendSignal
    }

    /// Its log lines so far.
    var lines: [LogFile.Line] { get throws { try log.lines() } }

    /// All that it wrote to standard error so far.
    var text: String { get throws { try log.text() } }

    /// Waits until it watches the cluster.
    func ready() async throws {
        try await eventually("the operator watches the cluster") {
            let lines = try lines
            return lines.contains { $0.message == "watching the cluster" }
        }
    }

    /// How much memory it holds, in KiB (`VmRSS` of proc(5)).
    var residentKiB: Int {
        get throws {
            let status = try String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
            return try #require(Int(line.filter(\.isNumber)))
        }
    }

    func kill() throws { try sendSignal(.kill) }
    func terminate() throws { try sendSignal(.terminate) }
    /// Stops it where it is, without its knowing (SIGSTOP).
    func suspend() throws { try sendSignal(.suspend) }
    /// Lets it go on (SIGCONT).
    func resume() throws { try sendSignal(.resume) }
}

/// What a process wrote to its standard error, a JSON object a line.
final class LogFile: Sendable {
    struct Line: Decodable {
        var level: String
        var message: String
        var part: String?
        var resources: String?
        var namespace: String?
        var profile: String?
        var reason: String?
        var error: String?
        var leader: String?
        var identity: String?
    }

    let path: String

    init() {
        path = NSTemporaryDirectory() + "hardening-operator-\(UUID().uuidString).log"
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    func lines() throws -> [Line] {
        try text().split(separator: "\n").compactMap { try? JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }
}

/// What came of a program that was run.
struct Finished: Sendable {
    var status: TerminationStatus
    var output: String
    var errors: String
}

extension ControlPlane {
    /// As ``withOperator(arguments:kubeconfig:environment:isKilled:fails:mayBeDenied:body:)``.
    func withOperator<Result: Sendable>(
        _ arguments: [String] = [],
        kubeconfig: String? = nil,
        environment: [Environment.Key: String?] = [:],
        isKilled: Bool = false,
        mayBeDenied: Bool = false,
        body: @escaping @Sendable (OperatorProcess) async throws -> Result
    ) async throws -> Result {
        try await withOperator(
            arguments: arguments,
            kubeconfig: kubeconfig,
            environment: environment,
            isKilled: isKilled,
            mayBeDenied: mayBeDenied,
            body: body
        )
    }

    /// Runs the operator for as long as `body` takes, and lets it stop in its own time then.
    ///
    /// Fails the test when the server's audit log shows that it was denied anything, unless it `mayBeDenied`, or when it
    /// does not stop well, unless it `isKilled` or it `fails`: then it must end by itself, and with an error.
    func withOperator<Result: Sendable>(
        arguments: [String],
        kubeconfig: String? = nil,
        environment: [Environment.Key: String?] = [:],
        isKilled: Bool = false,
        fails: Bool = false,
        mayBeDenied: Bool = false,
        body: @escaping @Sendable (OperatorProcess) async throws -> Result
    ) async throws -> Result {
        let log = LogFile()
        let mark = auditedRequests().count
        let file = open(log.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // A preloaded library that adds to the environment has to do so before the program begins: Swift finds the
        // arguments beside it.
        let command = environment.isEmpty ? [OperatorProcess.program] : ["/usr/bin/env", OperatorProcess.program]
        let result = try await Subprocess.run(
            .path(.init(command[0])),
            arguments: Arguments(
                command.dropFirst() + [
                    "run", "--kubeconfig", kubeconfig ?? operatorKubeconfig, "--log-format", "json",
                    "--health-port", "0", "--metrics-port", "0",
                ] + arguments
            ),
            environment: .inherit.updating(environment),
            input: .none,
            output: .discarded,
            error: .fileDescriptor(.init(rawValue: file), closeAfterSpawningProcess: true)
        ) { execution in
            let process = OperatorProcess(log: log, identifier: execution.processIdentifier.value) {
                try execution.send(signal: $0)
            }
            do {
                let result = try await body(process)
                if !isKilled, !fails { try process.terminate() }
                return result
            } catch {
                // Whoever reads of the failure wants to know what the operator saw.
                print((try? log.text()) ?? "")
                try? process.kill()
                throw error
            }
        }
        if fails {
            #expect(result.terminationStatus == .exited(1), "the operator ends with an error")
        } else if !isKilled {
            #expect(result.terminationStatus == .exited(0), "the operator stops when it is told to")
        }
        if kubeconfig == nil, !mayBeDenied {
            let denied = auditedRequests().dropFirst(mark).filter(\.isDenied)
            #expect(denied.isEmpty, "manifests/rbac.yaml grants all that the operator asks for")
        }
        return result.closureResult
    }

    /// Runs the program with these arguments to its end.
    static func run(_ arguments: String...) async throws -> Finished { try await run(arguments) }

    /// Runs the program with these arguments to its end.
    static func run(_ arguments: [String], environment: [Environment.Key: String?] = [:]) async throws -> Finished {
        let result = try await Subprocess.run(
            .path(.init(OperatorProcess.program)),
            arguments: Arguments(arguments),
            environment: .inherit.updating(environment),
            input: .none,
            output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20)
        )
        return Finished(
            status: result.terminationStatus,
            output: result.standardOutput,
            errors: result.standardError
        )
    }
}
