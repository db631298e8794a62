/// What may be a label's key and value.
///
/// Source: Kubernetes documentation, *Labels and Selectors*, "Syntax and character set".
public enum LabelSyntax {
    /// The rule for keys, in words.
    public static let keyRule =
        "a label key: an optional DNS prefix and '/', then up to 63 letters, digits, '-', '_' or '.', "
        + "beginning and ending with a letter or digit"
    /// The rule for values, in words.
    public static let valueRule =
        "a label value: empty, or up to 63 letters, digits, '-', '_' or '.', beginning and ending with a letter or digit"

    /// The rule for DNS labels, in words.
    public static let dnsLabelRule =
        "a DNS label: up to 63 lower-case letters, digits or '-', beginning and ending with a letter or digit"

    /// Whether `key` may be the key of a label or an annotation.
    public static func isValidKey(_ key: String) -> Bool {
        let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
            return isDNSSubdomain(parts[0]) && isQualifiedName(parts[1])
        }
        return isQualifiedName(parts[0])
    }

    /// Whether `value` may be the value of a label.
    public static func isValidValue(_ value: String) -> Bool {
        value.isEmpty || isQualifiedName(value[...])
    }

    /// Whether `name` is a DNS label (RFC 1123), as names of namespaces are.
    public static func isDNSLabel(_ name: String) -> Bool {
        name.utf8.count <= 63 && !name.contains(".") && isDNSSubdomain(name[...])
    }

    private static func isQualifiedName(_ text: Substring) -> Bool {
        let bytes = text.utf8
        guard 1...63 ~= bytes.count, let first = bytes.first, let last = bytes.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    static func isDNSSubdomain(_ text: Substring) -> Bool {
        guard 1...253 ~= text.utf8.count else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            return isLowercaseAlphanumeric(first) && isLowercaseAlphanumeric(last)
                && label.utf8.allSatisfy { isLowercaseAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isLowercaseAlphanumeric(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowercaseAlphanumeric(byte) || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
    }
}
