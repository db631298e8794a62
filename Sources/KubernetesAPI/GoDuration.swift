/// A length of time as Kubernetes writes it (`metav1.Duration`, Go's `time.ParseDuration`): `24h`, `1h30m`, `90s`.
public enum GoDuration {
    /// What may be written, in words.
    public static let rule = "a duration such as 24h, 1h30m or 0s"

    /// The whole seconds of `text`; `nil` if it is none, is negative, or is longer than a hundred years.
    public static func seconds(_ text: String) -> Int64? { value(text).map { Int64($0) } }

    /// What `text` says, to the nanosecond; `nil` as for ``seconds(_:)``.
    public static func duration(_ text: String) -> Duration? {
        value(text).map { .nanoseconds(Int64(($0 * 1e9).rounded())) }
    }

    private static func value(_ text: String) -> Double? {
        var rest = text[...]
        if rest == "0" { return 0 }
        var total: Double = 0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            let units = ["h": 3600.0, "m": 60, "s": 1, "ms": 0.001, "us": 1e-6, "ns": 1e-9]
            guard let value = Double(number), let factor = units[String(unit)] else { return nil }
            total += value * factor
        }
        return !text.isEmpty && total <= 100 * 366 * 86400 ? total : nil
    }
}
