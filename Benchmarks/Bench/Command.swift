import Subprocess

/// A program that runs to its end.
enum Command {
    /// Runs `program`, found on `PATH` unless it is a path, and returns what it printed.
    ///
    /// - Throws: ``Failure`` with its errors when it fails.
    @discardableResult
    static func run(_ program: String, _ arguments: String...) async throws -> String {
        let result = try await Subprocess.run(
            program.contains("/") ? .path(.init(program)) : .name(program),
            arguments: Arguments(arguments),
            input: .none,
            output: .string(limit: 64 << 20),
            error: .string(limit: 1 << 20)
        )
        guard result.terminationStatus.isSuccess else {
            throw Failure("\(program) \(arguments.joined(separator: " ")): \(result.standardError)")
        }
        return result.standardOutput
    }
}
