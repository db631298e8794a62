/// `metav1.Time`: an instant to the second, in UTC, written as RFC 3339 (`2026-11-21T09:30:00Z`).
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public var secondsSinceEpoch: Int64

    /// The instant that many seconds after the epoch.
    public init(secondsSinceEpoch: Int64) {
        self.secondsSinceEpoch = secondsSinceEpoch
    }

    /// Parses RFC 3339 with `Z` or a numeric offset; fractions of a second are dropped. `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        var digits = Array(text.utf8)[...]
        func take(_ count: Int) -> Int64? {
            guard digits.count >= count else { return nil }
            var value: Int64 = 0
            for byte in digits.prefix(count) {
                guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            digits = digits.dropFirst(count)
            return value
        }
        func take(_ characters: String) -> UInt8? {
            guard let first = digits.first, characters.utf8.contains(first) else { return nil }
            digits = digits.dropFirst()
            return first
        }
        guard
            let year = take(4), take("-") != nil, let month = take(2), take("-") != nil, let day = take(2),
            take("Tt ") != nil, let hour = take(2), take(":") != nil, let minute = take(2), take(":") != nil,
            let second = take(2), 1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second <= 60
        else { return nil }
        if take(".") != nil {
            guard take(1) != nil else { return nil }
            while let byte = digits.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
                digits = digits.dropFirst()
            }
        }
        var offset: Int64 = 0
        if let sign = take("+-") {
            guard let hours = take(2), take(":") != nil, let minutes = take(2), hours < 24, minutes < 60 else {
                return nil
            }
            offset = (hours * 60 + minutes) * 60 * (sign == UInt8(ascii: "-") ? -1 : 1)
        } else if take("Zz") == nil {
            return nil
        }
        guard digits.isEmpty else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        // A day that its month does not have would come back as one of the next.
        guard Timestamp(secondsSinceEpoch: days * 86_400).civil.day == day else { return nil }
        secondsSinceEpoch = ((days * 24 + hour) * 60 + minute) * 60 + second - offset
    }

    /// The earlier comes first.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }

    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days from civil, and back.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private var civil: (year: Int64, month: Int64, day: Int64) {
        let days = (secondsSinceEpoch - (secondsSinceEpoch % 86_400 + 86_400) % 86_400) / 86_400 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex + (monthIndex < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339, in UTC.
    public var description: String {
        func pad(_ value: Int64, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let (year, month, day) = civil
        let second = (secondsSinceEpoch % 86_400 + 86_400) % 86_400
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))"
            + "T\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))Z"
    }
}

extension Timestamp: Codable {
    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Timestamp(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an RFC 3339 time: \(text.prefix(40))")
            )
        }
        self = value
    }

    /// Writes the API's form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Timestamp: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        let text = try String(json: json)
        guard let value = Timestamp(text) else { throw json.invalid("not an RFC 3339 time: \(text.prefix(40))") }
        self = value
    }
}
