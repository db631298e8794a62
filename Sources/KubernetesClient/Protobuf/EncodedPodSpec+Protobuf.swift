import KubernetesAPI

// Specs are told apart by what is read of them, without reading it.
//
// Source: generated.proto of k8s.io/api/core/v1.

extension EncodedPodSpec {
    /// The spec that `bytes` are, a `v1.PodSpec`.
    ///
    /// - Parameter digest: what ``digest(ofProtobuf:)`` makes of them.
    init(protobuf bytes: UnsafeRawBufferPointer, digest: Int) {
        self.init(Array(bytes), digest: digest) { (bytes) throws(JSONError) in try Coding.podSpec(bytes) }
    }

    /// The ``digest`` of the spec that `bytes` are, a `v1.PodSpec`.
    ///
    /// - Throws: ``ProtobufError`` when they are none as far as has to be seen; what else is wrong with a spec, ``read()`` says.
    static func digest(ofProtobuf bytes: UnsafeRawBufferPointer) throws(ProtobufError) -> Int {
        var digest = PodSpecDigest()
        try digest.combine(spec: bytes)
        return digest.value
    }
}

/// Makes ``EncodedPodSpec/digest`` of a `v1.PodSpec`.
private struct PodSpecDigest {
    private var digest = ProtobufDigest()
    // The name of the token's volume, once that has been seen: volumes come first.
    private var tokenVolume: UnsafeRawBufferPointer?

    var value: Int { digest.value }

    mutating func combine(spec: UnsafeRawBufferPointer) throws(ProtobufError) {
        var fields = ProtobufFields(spec)
        while let (number, value) = try fields.next() {
            guard ProtobufMessage.podSpec.field(number) != nil else { continue }
            switch (number, value) {
            case (1, .bytes(let volume)): try combine(number, volume: volume)
            case (2, .bytes(let container)), (20, .bytes(let container)):
                try combine(number, container: container)
            // An ephemeral container, of which field 1 has what others have.
            case (34, .bytes(let container)):
                digest.begin(number)
                var parts = ProtobufFields(container)
                while let (number, value) = try parts.next() {
                    if number == 1, case .bytes(let common) = value { try combine(number, container: common) }
                }
                digest.end()
            default: digest.combine(number, value)
            }
        }
    }

    private mutating func combine(_ number: Int, volume: UnsafeRawBufferPointer) throws(ProtobufError) {
        guard tokenVolume == nil, let name = try Self.nameOfTokenVolume(volume) else {
            return digest.combine(number, .bytes(volume))
        }
        tokenVolume = name
        try combine(number, withoutName: volume)
    }

    private mutating func combine(_ number: Int, container: UnsafeRawBufferPointer) throws(ProtobufError) {
        digest.begin(number)
        var fields = ProtobufFields(container)
        while let (number, value) = try fields.next() {
            guard ProtobufMessage.container.field(number) != nil else { continue }
            if number == 9, case .bytes(let mount) = value, let tokenVolume,
                let name = try Self.name(mount), name.elementsEqual(tokenVolume)
            {
                try combine(number, withoutName: mount)
            } else {
                digest.combine(number, value)
            }
        }
        digest.end()
    }

    // Volumes and mounts have their name in field 1.
    private mutating func combine(_ number: Int, withoutName message: UnsafeRawBufferPointer) throws(ProtobufError) {
        digest.begin(number)
        var fields = ProtobufFields(message)
        while let (number, value) = try fields.next() {
            if number != 1 { digest.combine(number, value) }
        }
        digest.end()
    }

    // MARK: Names

    // Of a volume with a projected source (field 26 of its source, which is field 2) and such a name.
    private static func nameOfTokenVolume(
        _ volume: UnsafeRawBufferPointer
    ) throws(ProtobufError) -> UnsafeRawBufferPointer? {
        guard let name = try name(volume), name.starts(with: EncodedPodSpec.tokenVolumePrefix.utf8) else { return nil }
        var fields = ProtobufFields(volume)
        while let (number, value) = try fields.next() {
            guard number == 2, case .bytes(let source) = value else { continue }
            var sources = ProtobufFields(source)
            while let (number, _) = try sources.next() {
                if number == 26 { return name }
            }
        }
        return nil
    }

    private static func name(_ message: UnsafeRawBufferPointer) throws(ProtobufError) -> UnsafeRawBufferPointer? {
        var fields = ProtobufFields(message)
        while let (number, value) = try fields.next() {
            if number == 1, case .bytes(let name) = value { return name }
        }
        return nil
    }
}
