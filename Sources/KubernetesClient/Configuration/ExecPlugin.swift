import Subprocess

/// Runs an exec credential plugin.
///
/// Rule: Kubernetes documentation, "Authenticating", section "client-go credential plugins" (A6).
struct ExecPlugin: Sendable {
    /// What to run.
    let configuration: ExecConfiguration
    /// The cluster that it is for.
    let cluster: ClusterConfiguration
    /// The environment that the plugin's own variables are added to.
    let environment: [String: String]
    /// How long the plugin may take before it is killed, together with the processes that it started.
    var timeLimit: Duration = .seconds(60)
    /// How many bytes it may print.
    var outputLimit = 1 << 20

    /// Runs the plugin once and returns what it printed.
    ///
    /// Cancelling kills the plugin.
    ///
    /// - Throws: `ConfigurationError` when it cannot be started, takes too long, prints too much, exits with a status
    ///   other than 0, or prints what is no valid `ExecCredential`; `CancellationError` when the task was cancelled.
    func run() async throws -> ExecCredential {
        guard configuration.interactiveMode != .always else {
            throw error("interactiveMode is Always, but there is no terminal here; use a plugin that can do without")
        }
        let variables = try variables()
        let timeLimit = timeLimit
        let output = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await launch(variables) }
            group.addTask {
                try await Task.sleep(for: timeLimit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let output = first else {
                throw error("gave no answer within \(timeLimit); run it by hand to see what it waits for")
            }
            return output
        }
        return try ExecCredential(parsing: output, version: configuration.apiVersion, place: place)
    }

    private func launch(_ variables: [Environment.Key: String]) async throws -> [UInt8] {
        var options = PlatformOptions()
        // A session of its own, so that killing it takes along what it started; plugins often are shell scripts.
        options.createSession = true
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .milliseconds(500))
        ]
        let command = configuration.command
        do {
            let result = try await Subprocess.run(
                command.contains("/") ? .path(.init(command)) : .name(command),
                arguments: Arguments(configuration.arguments),
                environment: .custom(variables),
                platformOptions: options,
                input: .none,
                output: .bytes(limit: outputLimit),
                error: .sequence
            ) { execution in
                // Read to the end whatever it is, or the plugin would block on a full pipe; keep only its tail.
                var tail: [UInt8] = []
                for try await chunk in execution.standardError {
                    chunk.withUnsafeBytes { tail.append(contentsOf: $0) }
                    if tail.count > 4096 { tail.removeFirst(tail.count - 4096) }
                }
                return tail
            }
            guard result.terminationStatus.isSuccess else {
                throw error(Self.failure(result.terminationStatus, standardError: result.closureResult))
            }
            return result.standardOutput
        } catch let failure as SubprocessError {
            try Task.checkCancellation()
            throw error(explain(failure))
        }
    }

    private func variables() throws(ConfigurationError) -> [Environment.Key: String] {
        var variables: [Environment.Key: String] = [:]
        for (name, value) in environment {
            // Shells may pass on names that the standard does not allow; they are no reason to refuse the plugin.
            guard let key = Self.key(name), !value.utf8.contains(0) else { continue }
            variables[key] = value
        }
        for variable in configuration.environment {
            guard let key = Self.key(variable.name), !variable.value.utf8.contains(0) else {
                throw error("env \"\(variable.name)\": expected a variable's name and value, without NUL characters")
            }
            variables[key] = variable.value
        }
        variables["KUBERNETES_EXEC_INFO"] = try configuration.execInfo(for: cluster)
        return variables
    }

    private static func key(_ name: String) -> Environment.Key? {
        let first = name.utf8.first ?? 0x30
        guard !(0x30...0x39 ~= first), !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "=") }) else {
            return nil
        }
        return Environment.Key(rawValue: name)
    }

    private var place: String { "exec plugin \(configuration.command) (\(cluster.origin))" }

    private func error(_ problem: String) -> ConfigurationError { ConfigurationError("\(place): \(problem)") }

    private func explain(_ failure: SubprocessError) -> String {
        switch failure.code {
        case .executableNotFound:
            let found = configuration.command.contains("/") ? "there" : "in PATH"
            let hint = configuration.installHint ?? "install it, or correct the command in the kubeconfig"
            return "no such program \(found), or it may not be executed; \(hint)"
        case .outputLimitExceeded:
            return "printed more than \(outputLimit) bytes; expected one ExecCredential"
        default:
            return "could not be run: \(failure)"
        }
    }

    private static func failure(_ status: TerminationStatus, standardError: [UInt8]) -> String {
        let how =
            switch status {
            case .exited(let code): "exited with status \(code)"
            case .signaled(let signal): "was killed by signal \(signal)"
            }
        let lines = String(decoding: standardError, as: UTF8.self)
            .split(whereSeparator: \.isNewline)
            .map { String($0).trimmingWhitespace() }
            .filter { !$0.isEmpty }
            .suffix(3)
        guard !lines.isEmpty else { return "\(how) and said nothing; run it by hand to see why" }
        return "\(how): \(lines.joined(separator: " | "))"
    }
}
