import ArgumentParser
import PrintableText

/// An error as the program ends with it: one printable line of at most 4,096 Unicode scalars, whatever of the cluster is
/// quoted in it.
struct PrintableError: Error, CustomStringConvertible {
    let description: String

    /// `error`, unless it is one of those by which the argument parser ends in a way of its own.
    static func of(_ error: any Error) -> any Error {
        switch error {
        case is ExitCode, is CleanExit, is ValidationError: error
        default: PrintableError(description: "\(error)".printable(upTo: 4_096))
        }
    }
}
