/// Tells two specs apart without keeping either: equal specs have equal fingerprints, within this process.
public struct Fingerprint: Sendable, Hashable {
    private let value: Int

    /// The fingerprint of a value. Hashing is keyed at random for each process, so nobody can aim for an equal one.
    public init(of value: some Hashable) {
        var hasher = Hasher()
        hasher.combine(value)
        self.value = hasher.finalize()
    }
}
