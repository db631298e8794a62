/// `resource.Quantity`: a fixed-point number with a unit, compared by value: `1000m` equals `1`.
///
/// Source: API reference, *Quantity*. The value is exact to a billionth and, as upstream, rounded up to it; magnitudes
/// beyond 2^63-1 are capped there.
public struct Quantity: Sendable, Hashable, Comparable {
    /// The value in billionths.
    public let nanos: Int128

    private static let one: Int128 = 1_000_000_000
    private static let cap = Int128(Int64.max) * one

    /// Parses `text`; `nil` when it is no quantity, is longer than 64 bytes or has an exponent beyond 100.
    public init?(_ text: String) {
        var rest = Substring(text).utf8[...]
        var negative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        // As the schema of the CRD has it: no quantity that anybody means is longer.
        guard text.utf8.count <= 64 else { return nil }
        var digits: [UInt8] = []
        var fraction = 0
        var sawDigit = false
        var sawPoint = false
        while let byte = rest.first {
            if UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
                sawDigit = true
                digits.append(byte - UInt8(ascii: "0"))
                if sawPoint { fraction += 1 }
            } else if byte == UInt8(ascii: "."), !sawPoint {
                sawPoint = true
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard sawDigit, let suffix = Suffix(String(Substring(rest))) else { return nil }
        guard let magnitude = Self.scale(digits, fraction: fraction, by: suffix) else {
            nanos = negative ? -Self.cap : Self.cap
            return
        }
        let capped = min(magnitude, Self.cap)
        nanos = negative ? -capped : capped
    }

    /// By value.
    public static func < (left: Quantity, right: Quantity) -> Bool {
        left.nanos < right.nanos
    }

    private enum Suffix {
        case binary(Int)
        case decimal(Int)

        init?(_ text: String) {
            switch text {
            case "n": self = .decimal(-9)
            case "u": self = .decimal(-6)
            case "m": self = .decimal(-3)
            case "": self = .decimal(0)
            case "k": self = .decimal(3)
            case "M": self = .decimal(6)
            case "G": self = .decimal(9)
            case "T": self = .decimal(12)
            case "P": self = .decimal(15)
            case "E": self = .decimal(18)
            case "Ki": self = .binary(10)
            case "Mi": self = .binary(20)
            case "Gi": self = .binary(30)
            case "Ti": self = .binary(40)
            case "Pi": self = .binary(50)
            case "Ei": self = .binary(60)
            default:
                guard let letter = text.first, letter == "e" || letter == "E", let exponent = Int(text.dropFirst()),
                    -100...100 ~= exponent
                else { return nil }
                self = .decimal(exponent)
            }
        }
    }

    // `nil` when the value does not fit. On digits, of which there may be more than any integer holds.
    private static func scale(_ digits: [UInt8], fraction: Int, by suffix: Suffix) -> Int128? {
        var digits = digits
        var exponent = 9 - fraction
        switch suffix {
        case .decimal(let power): exponent += power
        case .binary(let power):
            var carry: UInt64 = 0
            for index in digits.indices.reversed() {
                let product = UInt64(digits[index]) << UInt64(power) + carry
                digits[index] = UInt8(product % 10)
                carry = product / 10
            }
            while carry > 0 {
                digits.insert(UInt8(carry % 10), at: 0)
                carry /= 10
            }
        }
        let isInexact = digits.suffix(max(-exponent, 0)).contains { $0 != 0 }
        digits = digits.dropLast(max(-exponent, 0)) + Array(repeating: 0, count: max(exponent, 0))
        var value: Int128 = isInexact ? 1 : 0
        var weight: Int128? = 1
        for digit in digits.reversed() {
            if digit != 0 {
                guard let weight else { return nil }
                let (product, overflow) = weight.multipliedReportingOverflow(by: Int128(digit))
                let (sum, carried) = value.addingReportingOverflow(product)
                if overflow || carried { return nil }
                value = sum
            }
            weight = weight.flatMap { weight in
                let (next, overflow) = weight.multipliedReportingOverflow(by: 10)
                return overflow ? nil : next
            }
        }
        return value
    }
}
