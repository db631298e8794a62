import KubernetesAPI

// Specs are told apart by what is read of them, without reading it.
//
// Source: generated.proto of k8s.io/api/core/v1.

extension EncodedPodSpec {
    /// The spec that `bytes` are, a `v1.PodSpec`.
    ///
    /// - Throws: ``ProtobufError`` when they are none as far as has to be seen; what else is wrong with a spec, ``read()`` says.
    init(protobuf bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
        var digest = PodSpecDigest()
        try digest.combine(spec: bytes)
        self.init(Array(bytes), digest: digest.value) { (bytes) throws(JSONError) in try Coding.podSpec(bytes) }
    }
}

/// Makes ``EncodedPodSpec/digest`` of a `v1.PodSpec`.
private struct PodSpecDigest {
    private var hasher = Hasher()
    // The name of the token's volume, once that has been seen: volumes come first.
    private var tokenVolume: UnsafeRawBufferPointer?

    var value: Int { hasher.finalize() }

    mutating func combine(spec: UnsafeRawBufferPointer) throws(ProtobufError) {
        var fields = ProtobufFields(spec)
        while let (number, value) = try fields.next() {
            guard ProtobufMessage.podSpec.reads(number) else { continue }
            switch (number, value) {
            case (1, .bytes(let volume)): try combine(number, volume: volume)
            case (2, .bytes(let container)), (20, .bytes(let container)):
                try combine(number, container: container)
            // An ephemeral container, of which field 1 has what others have.
            case (34, .bytes(let container)):
                begin(number)
                var parts = ProtobufFields(container)
                while let (number, value) = try parts.next() {
                    if number == 1, case .bytes(let common) = value { try combine(number, container: common) }
                }
                end()
            default: combine(number, value)
            }
        }
    }

    private mutating func combine(_ number: Int, volume: UnsafeRawBufferPointer) throws(ProtobufError) {
        guard tokenVolume == nil, let name = try Self.nameOfTokenVolume(volume) else {
            return combine(number, .bytes(volume))
        }
        tokenVolume = name
        try combine(number, withoutName: volume)
    }

    private mutating func combine(_ number: Int, container: UnsafeRawBufferPointer) throws(ProtobufError) {
        begin(number)
        var fields = ProtobufFields(container)
        while let (number, value) = try fields.next() {
            guard ProtobufMessage.container.reads(number) else { continue }
            if number == 9, case .bytes(let mount) = value, let tokenVolume,
                let name = try Self.name(mount), name.elementsEqual(tokenVolume)
            {
                try combine(number, withoutName: mount)
            } else {
                combine(number, value)
            }
        }
        end()
    }

    // Volumes and mounts have their name in field 1.
    private mutating func combine(_ number: Int, withoutName message: UnsafeRawBufferPointer) throws(ProtobufError) {
        begin(number)
        var fields = ProtobufFields(message)
        while let (number, value) = try fields.next() {
            if number != 1 { combine(number, value) }
        }
        end()
    }

    // MARK: What is combined is told apart by how it begins: no two sequences of fields are the same to the hasher.

    private mutating func combine(_ number: Int, _ value: ProtobufFields.Value) {
        switch value {
        case .varint(let value):
            hasher.combine(number << 2)
            hasher.combine(value)
        case .bytes(let bytes):
            hasher.combine(number << 2 | 1)
            hasher.combine(bytes.count)
            hasher.combine(bytes: bytes)
        case .fixed:
            hasher.combine(number << 2 | 2)
        }
    }

    private mutating func begin(_ number: Int) { hasher.combine(number << 2 | 3) }

    // No field has the number 0.
    private mutating func end() { hasher.combine(0) }

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

extension ProtobufMessage {
    /// Whether its field of this number is read.
    fileprivate func reads(_ number: Int) -> Bool { number < fields.count && fields[number] != nil }
}
