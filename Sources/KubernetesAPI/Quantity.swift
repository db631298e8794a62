/// `resource.Quantity`: a fixed-point number with a unit, compared by value: `1000m` equals `1`.
///
/// Source: API reference, *Quantity*. The value is exact to a billionth and, as upstream, rounded up to it; magnitudes
/// beyond 2^63-1 are capped there.
public struct Quantity: Sendable, Hashable, Comparable {
    /// The value in billionths.
    public let nanos: Int128

    private static let one: Int128 = 1_000_000_000
    private static let cap = Int128(Int64.max) * one

    /// Parses `text`; `nil` when it is no quantity.
    public init?(_ text: String) {
        var rest = Substring(text).utf8[...]
        var negative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        // 40 digits exceed what is representable: beyond, only zeros before or after would change nothing.
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

    // `nil` when the value does not fit. Digits are taken one by one so that nothing overflows unnoticed.
    private static func scale(_ digits: [UInt8], fraction: Int, by suffix: Suffix) -> Int128? {
        var value: Int128 = 0
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(Int128(digit))
            if overflow || carried { return nil }
            value = sum
        }
        var exponent = 9 - fraction
        switch suffix {
        case .decimal(let power): exponent += power
        case .binary(let power):
            let (product, overflow) = value.multipliedReportingOverflow(by: Int128(1) << Int128(power))
            if overflow { return nil }
            value = product
        }
        if value == 0 { return 0 }
        while exponent > 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product
            exponent -= 1
        }
        var inexact = false
        while exponent < 0, value > 0 {
            inexact = inexact || value % 10 != 0
            value /= 10
            exponent += 1
        }
        return inexact ? value + 1 : value
    }
}
