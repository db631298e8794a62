import Foundation

/// Pseudorandom numbers that a seed repeats (SplitMix64: Steele, Lea and Flood, *Fast splittable pseudorandom number
/// generators*).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// Where the sequence begins.
    public let seed: UInt64
    private var state: UInt64

    /// The sequence of `seed`.
    public init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// A new sequence each time, or that of the environment's `TEST_SEED`, to replay what a failure printed.
    public init() {
        let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
        self.init(seed: given ?? .random(in: .min ... .max))
    }

    /// The next number of the sequence.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Seeds for a property: some that stay, and one that is new each time. A failure prints the one it came of.
public let seeds: [UInt64] = Array(1...20) + [.random(in: 21...UInt64.max)]
