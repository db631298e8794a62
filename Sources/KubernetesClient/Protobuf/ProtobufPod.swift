import KubernetesAPI

/// A pod in protobuf, of which no more is read than tells which one it is, and whether it says anything new.
///
/// A pod's status changes many times, and seldom in anything that is read.
struct ProtobufPod {
    let shown: ShownObject
    private let spec: EncodedPodSpec

    /// The pod that `bytes` are, a `v1.Pod`; all of it but its spec and its version is in `transcoder` then.
    ///
    /// - Throws: ``ProtobufError``.
    init(_ bytes: UnsafeRawBufferPointer, by transcoder: inout ProtobufTranscoder) throws(ProtobufError) {
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
        self.spec = try EncodedPodSpec(protobuf: spec ?? nothing)
        transcoder.reset()
        try transcoder.append(bytes, as: .podButSpecAndVersion)
        var hasher = Hasher()
        transcoder.json.withUnsafeBytes { hasher.combine(bytes: $0) }
        hasher.combine(self.spec.digest)
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
            contentDigest: hasher.finalize()
        )
    }

    /// Reads it.
    ///
    /// - Parameter transcoder: as it was left.
    /// - Throws: ``JSONError``.
    func read(_ transcoder: ProtobufTranscoder) throws(JSONError) -> Workload<WorkloadKinds.Pod> {
        var pod = try transcoder.json.withUnsafeBytes { json in
            Result { () throws(JSONError) in try Coding.decode(Workload<WorkloadKinds.Pod>.self, from: json) }
        }.get()
        pod.metadata.resourceVersion = shown.resourceVersion
        pod.template = EncodedPodTemplate(pod: pod.metadata, spec: spec)
        pod.contentDigest = shown.contentDigest
        return pod
    }
}
