/// A version of the Pod Security Standards: that of a Kubernetes minor release, or whichever the server knows last.
///
/// Source: Kubernetes documentation, *Pod Security Admission*; `pod-security-admission/api/helpers.go`
/// (`^v1\.(0|[1-9][0-9]*)$` or `latest`).
public enum Version: Sendable, Hashable, Comparable {
    /// Kubernetes 1.`minor`.
    case minor(Int)
    /// The newest that the server knows; greater than every minor.
    case latest

    /// Parses `latest` or `v1.N`; `nil` for anything else.
    public init?(_ text: String) {
        if text == "latest" {
            self = .latest
            return
        }
        let digits = text.dropFirst(3)
        guard text.hasPrefix("v1."), !digits.isEmpty, digits.utf8.allSatisfy({ 48...57 ~= $0 }),
            digits == "0" || !digits.hasPrefix("0"), let minor = Int(digits)
        else { return nil }
        self = .minor(minor)
    }
}

extension Version: CustomStringConvertible {
    /// As a label has it: `v1.36` or `latest`.
    public var description: String {
        switch self {
        case .minor(let minor): "v1.\(minor)"
        case .latest: "latest"
        }
    }
}
