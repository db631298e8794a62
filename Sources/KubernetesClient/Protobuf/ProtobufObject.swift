import KubernetesAPI

/// An object as the API server sends it in protobuf: marked as such, with its kind beside it.
///
/// Source: Kubernetes API concepts, *Kubernetes Protobuf encoding*: the bytes `k8s` and zero, then a `runtime.Unknown`.
struct ProtobufObject {
    /// What an object in protobuf begins with.
    static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// Its kind, such as `Pod` or `Status`.
    let kind: String
    /// The message.
    let content: UnsafeRawBufferPointer

    /// Whether `bytes` are to be an object in protobuf: JSON begins otherwise.
    static func isOne(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: magic) }

    /// The object that `bytes` are.
    ///
    /// - Throws: ``ProtobufError`` when they are none.
    init(_ bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
        guard Self.isOne(bytes) else { throw ProtobufError("it does not begin as an object does") }
        var fields = ProtobufFields(UnsafeRawBufferPointer(rebasing: bytes[Self.magic.count...]))
        var kind = ""
        var content = UnsafeRawBufferPointer(start: nil, count: 0)
        while let (number, value) = try fields.next() {
            switch (number, value) {
            case (1, .bytes(let bytes)): kind = try Self.kind(bytes)
            case (2, .bytes(let bytes)): content = bytes
            default: break
            }
        }
        self.kind = kind
        self.content = content
    }

    /// The kind that a `runtime.TypeMeta` names.
    static func kind(_ typeMeta: UnsafeRawBufferPointer) throws(ProtobufError) -> String {
        var fields = ProtobufFields(typeMeta)
        while let (number, value) = try fields.next() {
            if number == 2, case .bytes(let bytes) = value { return String(decoding: bytes, as: UTF8.self) }
        }
        return ""
    }
}
