import Subprocess

/// Runs a program under Valgrind's cachegrind, which counts the instructions that it carries out: about the same in each run,
/// whatever else the machine does.
struct InstructionCount: Sendable {
    /// A library that is to be preloaded; see `scripts/bench.d/sigsuspend.c`.
    let preload: String

    /// How many instructions `program` carries out until it ends, with one of the `accepted` exit codes.
    ///
    /// It is run again if it fails: as slow as it is here, it may find on a busy machine that the server does not answer in
    /// time.
    ///
    /// - Throws: ``Failure`` when the third run fails, too.
    func count(_ program: String, _ arguments: [String], accepted: Set<Int32>) async throws -> Double {
        for _ in 0..<2 {
            do {
                return try await countOnce(program, arguments, accepted)
            } catch let error as Failure {
                say("once more, since this failed: \(error)")
            }
        }
        return try await countOnce(program, arguments, accepted)
    }

    private func countOnce(_ program: String, _ arguments: [String], _ accepted: Set<Int32>) async throws -> Double {
        let valgrind = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
        let result = try await Subprocess.run(
            .name("valgrind"),
            arguments: Arguments(valgrind + [program] + arguments),
            environment: .inherit.updating(["LD_PRELOAD": preload]),
            input: .none,
            output: .discarded,
            error: .string(limit: 1 << 20)
        )
        guard case .exited(let code) = result.terminationStatus, accepted.contains(code) else {
            throw Failure("valgrind \(program): \(result.terminationStatus): \(result.standardError.suffix(2_000))")
        }
        // Such as "==8735== I   refs:      2,169,123,895".
        let line = result.standardError.split(separator: "\n").last { $0.contains("refs:") }
        guard let count = line?.split(separator: " ").last.flatMap({ Double($0.filter { $0 != "," }) }) else {
            throw Failure("valgrind does not say how many instructions it saw: \(result.standardError.suffix(2_000))")
        }
        return count
    }
}
