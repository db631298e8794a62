/// A range of IP addresses, `10.0.0.0/8` or `fd00::/8`.
public struct CIDR: Sendable, Hashable, CustomStringConvertible {
    /// The first address, 4 or 16 bytes, bits beyond the prefix as written.
    let bytes: [UInt8]
    /// How many leading bits all addresses share.
    let prefix: Int
    /// The range as it was written.
    public let description: String

    /// Parses an address and a prefix length; `nil` for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = Self.address(parts[0]), let prefix = Int(parts[1]),
            parts[1].utf8.allSatisfy({ 48...57 ~= $0 }), 0...(bytes.count * 8) ~= prefix
        else { return nil }
        self.bytes = bytes
        self.prefix = prefix
        description = text
    }

    /// The range of the one address `host`; `nil` if it is none.
    public init?(host: String) {
        guard let bytes = Self.address(host[...]) else { return nil }
        self.bytes = bytes
        prefix = bytes.count * 8
        description = "\(host)/\(prefix)"
    }

    /// Whether every address of `other` is one of this range, and this one has more.
    public func strictlyContains(_ other: CIDR) -> Bool {
        prefix < other.prefix && contains(other)
    }

    /// Whether every address of `other` is one of this range.
    public func contains(_ other: CIDR) -> Bool {
        guard bytes.count == other.bytes.count, prefix <= other.prefix else { return false }
        return zip(bytes, other.bytes).enumerated().allSatisfy { index, pair in
            pair.0 & mask(of: index) == pair.1 & mask(of: index)
        }
    }

    // The bits of the byte at `index` that all addresses share.
    private func mask(of index: Int) -> UInt8 {
        let bits = min(max(prefix - index * 8, 0), 8)
        return UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
    }

    /// The range as servers of 1.36 take it: without host bits, and without leading zeros in the prefix
    /// (KEP-4858, *Strict IP and CIDR validation*). As it was written, if that is so.
    public var canonicalText: String {
        let masked = bytes.enumerated().map { index, byte in byte & mask(of: index) }
        if masked == bytes, description.hasSuffix("/\(prefix)") { return description }
        if masked.count == 4 { return "\(masked.map { "\($0)" }.joined(separator: "."))/\(prefix)" }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(masked[$0]) << 8 | UInt16(masked[$0 + 1]) }
        return "\(groups.map { String($0, radix: 16) }.joined(separator: ":"))/\(prefix)"
    }

    /// Whether it is of IPv4 addresses written as IPv6, which newer servers refuse.
    public var isIPv4Mapped: Bool {
        bytes.count == 16 && prefix >= 96 && bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10...11] == [0xFF, 0xFF]
    }

    private static func address(_ text: Substring) -> [UInt8]? {
        text.contains(":") ? ipv6(text) : ipv4(text)
    }

    private static func ipv4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { part -> UInt8? in
            guard 1...3 ~= part.utf8.count, part == "0" || !part.hasPrefix("0"),
                part.utf8.allSatisfy({ 48...57 ~= $0 })
            else { return nil }
            return UInt8(part)
        }
        return bytes.count == 4 ? bytes : nil
    }

    private static func ipv6(_ text: Substring) -> [UInt8]? {
        func groups(_ text: Substring, isLast: Bool = true) -> [UInt8]? {
            if text.isEmpty { return [] }
            var bytes: [UInt8] = []
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            for (index, part) in parts.enumerated() {
                if part.contains("."), isLast, index == parts.count - 1, let tail = ipv4(part) {
                    bytes += tail
                } else if 1...4 ~= part.utf8.count, part.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                    let group = UInt16(part, radix: 16)
                {
                    bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
                } else {
                    return nil
                }
            }
            return bytes
        }
        guard let gap = text.firstRange(of: "::") else {
            guard let bytes = groups(text), bytes.count == 16 else { return nil }
            return bytes
        }
        guard let head = groups(text[..<gap.lowerBound], isLast: false),
            let tail = groups(text[gap.upperBound...]),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }
}
