import PrintableText

/// Input that cannot be read: where, and why.
struct ManifestProblem: Error, Sendable, Hashable {
    /// The file as it was named, or `-` for standard input.
    var file: String
    /// The line, from 1; `nil` for the file as a whole.
    var line: Int?
    /// What is wrong, and what was expected.
    var message: String
}

extension ManifestProblem: CustomStringConvertible {
    /// `FILE:LINE: MESSAGE`, as compilers write it; printable, and at most 4,096 Unicode scalars.
    var description: String {
        "\(file):\(line.map { "\($0):" } ?? "") \(message)".printable(upTo: 4_096)
    }
}
