import KubernetesAPI
import TestSupport
import Testing

@Suite struct QuantityTests {
    private static let one: Int128 = 1_000_000_000
    private static let cap = Int128(Int64.max) * one

    @Test(
        "A quantity is its number times its suffix",
        arguments: [
            ("0", 0), ("1", one), ("+1", one), ("-1", -one), ("-0", 0), ("007", 7 * one), ("1.", one), (".5", one / 2),
            ("1.5", one * 3 / 2), ("3n", 3), ("3u", 3000), ("250m", one / 4), ("2k", 2000 * one),
            ("2M", 2_000_000 * one),
            ("2G", 2 * one * one), ("2T", 2000 * one * one), ("2P", 2_000_000 * one * one), ("1E", one * one * one),
            ("1Ki", 1024 * one), ("1Mi", 1_048_576 * one), ("1Gi", 1_073_741_824 * one),
            ("0.5Ti", 549_755_813_888 * one),
            ("1Pi", 1_125_899_906_842_624 * one), ("1Ei", 1_152_921_504_606_846_976 * one),
            ("-256Mi", -268_435_456 * one),
            ("1.5Ki", 1536 * one), ("0.1Ki", 102_400_000_000),
        ] as [(String, Int128)]
    )
    func value(_ text: String, _ nanos: Int128) {
        #expect(Quantity(text)?.nanos == nanos)
    }

    @Test(
        "An exponent may be written with e or E and with either sign",
        arguments: [
            ("1e3", 1000 * one), ("1E3", 1000 * one), ("12e+2", 1200 * one), ("5e-1", one / 2), ("1.25E-2", one / 80),
            ("0e100", 0), ("1e-9", 1),
        ] as [(String, Int128)]
    )
    func exponents(_ text: String, _ nanos: Int128) {
        #expect(Quantity(text)?.nanos == nanos)
    }

    @Test(
        "What is finer than a billionth is rounded up, away from zero",
        arguments: [
            ("0.1n", 1), ("-0.1n", -1), ("1.0000000001", one + 1), ("-1.0000000001", -one - 1), ("1e-100", 1),
            ("1.0000000000", one), ("0.000000000000000000000000000000000000000000000000001", 1),
        ] as [(String, Int128)]
    )
    func rounding(_ text: String, _ nanos: Int128) {
        #expect(Quantity(text)?.nanos == nanos)
    }

    @Test(
        "More digits than an integer holds change nothing but the precision",
        arguments: [
            ("1.00000000000000000000000000000000000000000001", one + 1),
            ("0.33333333333333333333333333333333333333333333", 333_333_334),
            ("000000000000000000000000000000000000000000000000000000000001", one),
            ("0.50000000000000000000000000000000000000000000Ki", 512 * one),
        ] as [(String, Int128)]
    )
    func manyDigits(_ text: String, _ nanos: Int128) {
        #expect(Quantity(text)?.nanos == nanos)
    }

    @Test(
        "Magnitudes beyond the greatest 64-bit integer are capped there",
        arguments: [
            "9223372036854775807", "9223372036854775808", "8Ei", "9.3E", "1e30", "1e100",
            // Rounding this up passes the greatest 128-bit integer.
            "170141183460469231731687303715.8841057271",
            "999999999999999999999999999999999999999999999999999999999999Ei",
        ]
    )
    func caps(_ text: String) {
        #expect(Quantity(text)?.nanos == Self.cap)
        #expect(Quantity("-" + text)?.nanos == -Self.cap)
    }

    @Test(
        "What is no quantity is not read",
        arguments: [
            "", " ", "+", "-", ".", "m", "Mi", " 1", "1 ", "1 Mi", "--1", "+-1", "1.1.1", "1,5", "1K", "1mi", "1MI",
            "1KI",
            "1i", "1kB", "1e", "1e+", "1e1.5", "1e1k", "1e101", "1e-101", "0x10", "1_000", "one", "١", "1\u{301}",
            String(repeating: "1", count: 65),
        ]
    )
    func invalid(_ text: String) {
        #expect(Quantity(text) == nil)
    }

    @Test(
        "Quantities are compared by value, not by spelling",
        arguments: [
            ("1000m", "1"), ("1Ki", "1024"), ("0.25", "250m"), ("1e3", "1k"), ("1.5Gi", "1536Mi"), ("-0", "0"),
            ("1E", "1e18"),
        ]
    )
    func spelling(_ left: String, _ right: String) throws {
        let (left, right) = try (#require(Quantity(left)), #require(Quantity(right)))
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(!(left < right) && !(right < left))
    }

    @Test("Value and order are those of the exact number, rounded up and capped")
    func agreesWithSchoolArithmetic() throws {
        var random = SeededGenerator()
        var last: (quantity: Quantity, nanos: Int128)?
        for _ in 0..<3000 {
            let exact = Exact.random(&random)
            let quantity = try #require(Quantity(exact.text), "seed \(random.seed): \(exact.text)")
            let nanos = exact.nanos(cap: Self.cap)
            #expect(quantity.nanos == nanos, "seed \(random.seed): \(exact.text)")
            if let last {
                #expect((last.quantity < quantity) == (last.nanos < nanos), "seed \(random.seed): \(exact.text)")
                #expect((last.quantity == quantity) == (last.nanos == nanos), "seed \(random.seed): \(exact.text)")
            }
            last = (quantity, nanos)
        }
    }
}

/// A number as one writes it on paper: decimal digits before and after the point, as many as there are.
private struct Exact {
    var text: String
    private var isNegative: Bool
    private var whole: [Int]
    private var fraction: [Int]

    static func random(_ random: inout SeededGenerator) -> Exact {
        func digits(_ counts: ClosedRange<Int>) -> [Int] {
            (0..<Int.random(in: counts, using: &random)).map { _ in
                Bool.random(using: &random) ? 0 : Int.random(in: 0...9, using: &random)
            }
        }
        let whole = digits(1...(Bool.random(using: &random) ? 5 : 25))
        let fraction = Bool.random(using: &random) ? [] : digits(0...25)
        let isNegative = Int.random(in: 0..<4, using: &random) == 0
        let suffixes: [(String, Int, Int)] = [
            ("", 0, 0), ("n", -9, 0), ("u", -6, 0), ("m", -3, 0), ("k", 3, 0), ("M", 6, 0), ("G", 9, 0), ("T", 12, 0),
            ("P", 15, 0), ("E", 18, 0), ("e-30", -30, 0), ("E7", 7, 0), ("e+40", 40, 0), ("Ki", 0, 10), ("Mi", 0, 20),
            ("Gi", 0, 30), ("Ti", 0, 40), ("Pi", 0, 50), ("Ei", 0, 60),
        ]
        let (suffix, ten, two) = suffixes.randomElement(using: &random) ?? ("", 0, 0)
        let number =
            whole.map(String.init).joined() + (fraction.isEmpty ? "" : "." + fraction.map(String.init).joined())
        var exact = Exact(
            text: (isNegative ? "-" : "") + number + suffix,
            isNegative: isNegative,
            whole: whole,
            fraction: fraction
        )
        for _ in 0..<two { exact.double() }
        exact.movePoint(ten)
        return exact
    }

    private mutating func double() {
        var carry = 0
        func doubled(_ digits: [Int]) -> [Int] {
            digits.reversed().map { digit in
                let value = digit * 2 + carry
                carry = value / 10
                return value % 10
            }.reversed()
        }
        fraction = doubled(fraction)
        whole = doubled(whole)
        whole.insert(carry, at: 0)
    }

    private mutating func movePoint(_ places: Int) {
        for _ in 0..<max(places, 0) { whole.append(fraction.isEmpty ? 0 : fraction.removeFirst()) }
        for _ in 0..<max(-places, 0) { fraction.insert(whole.popLast() ?? 0, at: 0) }
    }

    func nanos(cap: Int128) -> Int128 {
        var moved = self
        moved.movePoint(9)
        let digits = moved.whole.drop { $0 == 0 }
        guard digits.count <= 30 else { return isNegative ? -cap : cap }
        var value = digits.reduce(Int128(0)) { $0 * 10 + Int128($1) }
        if moved.fraction.contains(where: { $0 != 0 }) { value += 1 }
        value = min(value, cap)
        return isNegative ? -value : value
    }
}
