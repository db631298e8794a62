/// A length of time as Kubernetes writes it (`metav1.Duration`, Go's `time.ParseDuration`): `24h`, `1h30m`, `90s`.
enum GoDuration {
    /// What may be written, in words.
    static let rule = "a duration such as 24h, 1h30m or 0s"

    /// The whole seconds of `text`; `nil` if it is none, is negative, or is longer than a hundred years.
    static func seconds(_ text: String) -> Int64? {
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
        return !text.isEmpty && total <= 100 * 366 * 86400 ? Int64(total) : nil
    }
}
