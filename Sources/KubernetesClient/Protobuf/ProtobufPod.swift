import KubernetesAPI

/// A pod in protobuf, of which no more is read than tells which one it is, and whether it says anything new.
///
/// A pod's status changes many times, and seldom in anything that is read.
struct ProtobufPod {
    let shown: ShownObject
    private let bytes: UnsafeRawBufferPointer
    private let spec: UnsafeRawBufferPointer
    private let specDigest: Int

    /// The pod that `bytes` are, a `v1.Pod`, as long as they are there.
    ///
    /// - Throws: ``ProtobufError`` when they are none as far as has to be seen; what else is wrong with it, ``read(by:)`` says.
    init(_ bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
        var (metadata, spec): (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?)
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            switch (number, value) {
            case (1, .bytes(let bytes)) where metadata == nil: metadata = bytes
            case (2, .bytes(let bytes)) where spec == nil: spec = bytes
            case (1, _), (2, _): throw ProtobufError("field \(number) is not one message")
            default: break
            }
        }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        self.bytes = bytes
        self.spec = spec ?? nothing
        specDigest = try EncodedPodSpec.digest(ofProtobuf: self.spec)
        var digest = ProtobufDigest()
        try digest.combine(bytes, as: .podButSpecAndVersion)
        digest.combine(2, .varint(UInt64(bitPattern: Int64(specDigest))))
        var (name, namespace, version) = ("", "", "")
        var parts = ProtobufFields(metadata ?? nothing)
        while let (number, value) = try parts.next() {
            switch (number, value) {
            case (1, .bytes(let text)): name = String(decoding: text, as: UTF8.self)
            case (3, .bytes(let text)): namespace = String(decoding: text, as: UTF8.self)
            case (6, .bytes(let text)): version = String(decoding: text, as: UTF8.self)
            default: break
            }
        }
        shown = ShownObject(
            namespace: namespace,
            name: name,
            resourceVersion: ResourceVersion(version),
            contentDigest: digest.value
        )
    }

    /// Reads it.
    ///
    /// - Throws: ``ProtobufError`` or ``JSONError``.
    func read(by transcoder: inout ProtobufTranscoder) throws -> Workload<WorkloadKinds.Pod> {
        transcoder.reset()
        try transcoder.append(bytes, as: .podButSpecAndVersion)
        var pod = try transcoder.json.withUnsafeBytes { json in
            Result { () throws(JSONError) in try Coding.decode(Workload<WorkloadKinds.Pod>.self, from: json) }
        }.get()
        pod.metadata.resourceVersion = shown.resourceVersion
        pod.template = EncodedPodTemplate(
            pod: pod.metadata,
            spec: EncodedPodSpec(protobuf: spec, digest: specDigest)
        )
        pod.contentDigest = shown.contentDigest
        return pod
    }
}
