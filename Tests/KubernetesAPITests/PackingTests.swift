import KubernetesAPI
import TestSupport
import Testing

@Suite("What is packed")
struct PackingTests {
    /// Texts that are uids or versions, or nearly.
    private static let odd = [
        "", "0", "1", "01", "00", "-1", "+1", " 1", "1 ", "1.0", "1e3", "٣", "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999", "abc", "uid-team-a",
        "0f8fad5b-d9cb-469f-a165-70867728950e", "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5bd9cb469fa16570867728950e",
        "0f8fad5b-d9cb-469f-a165-70867728950", "0f8fad5b-d9cb-469f-a165-70867728950e0",
        "0f8fad5b-d9cb-469f-a165-7086772895-e", "0f8fad5b0d9cb-469f-a165-70867728950e",
        "0f8fad5b-d9cb-469f-a165-70867728950g", "{f8fad5b-d9cb-469f-a165-70867728950}",
        "-f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b--9cb-469f-a165-70867728950e",
    ]

    private static func uuid(_ generator: inout SeededGenerator) -> String {
        let digits = Array("0123456789abcdef")
        return String(
            "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx".map {
                $0 == "x" ? digits.randomElement(using: &generator) ?? $0 : $0
            }
        )
    }

    /// One byte of it is another.
    private static func spoilt(_ text: String, _ generator: inout SeededGenerator) -> String {
        var bytes = Array(text.utf8)
        if let place = bytes.indices.randomElement(using: &generator) {
            bytes[place] = UInt8.random(in: 32...126, using: &generator)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "A uid is written as it was read, whatever it is; equal texts are equal uids, and others are not",
        arguments: seeds
    )
    func uids(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var texts = Self.odd
        for _ in 0..<10 {
            let uuid = Self.uuid(&generator)
            texts += [uuid, Self.spoilt(uuid, &generator)]
        }
        for text in texts {
            #expect(UID(text).description == text)
            #expect(UID(text).isEmpty == text.isEmpty)
            for other in texts {
                #expect((UID(text) == UID(other)) == (text == other))
                #expect((UID(text) < UID(other)) == (text < other), "\(text) \(other)")
            }
        }
    }

    @Test("A version is written as it was read, whatever it is; of two numbers the greater is newer", arguments: seeds)
    func versions(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var texts = Self.odd
        for _ in 0..<10 {
            let number =
                "\(UInt64.random(in: .min ... .max, using: &generator) >> UInt64.random(in: 0..<64, using: &generator))"
            texts += [number, Self.spoilt(number, &generator), number + number]
        }
        for text in texts {
            #expect(ResourceVersion(text).rawValue == text)
            #expect(ResourceVersion(text).isEmpty == text.isEmpty)
            for other in texts {
                let (version, another) = (ResourceVersion(text), ResourceVersion(other))
                #expect((version == another) == (text == other))
                #expect(version.isNewer(than: another) == Self.isGreater(text, other), "\(text) \(other)")
            }
        }
    }

    /// As the rule is written down: both without leading zeros, the longer, then the lexically greater.
    private static func isGreater(_ left: String, _ right: String) -> Bool {
        for text in [left, right] {
            guard let first = text.first, "123456789".contains(first), text.allSatisfy({ "0123456789".contains($0) })
            else { return false }
        }
        return (left.count, left) > (right.count, right)
    }
}
