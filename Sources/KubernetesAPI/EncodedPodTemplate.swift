/// A pod template as it was sent, whose spec has yet to be read: many objects say the same in theirs, and whoever knows what
/// one came to need not read the others.
public struct EncodedPodTemplate: Sendable {
    /// `metadata.labels`.
    public let labels: [String: String]
    /// `metadata.annotations`.
    public let annotations: [String: String]
    private let spec: EncodedPodSpec
    // Where the spec stands in its object, for errors.
    private let path: String

    /// ``EncodedPodSpec/digest``.
    public var specDigest: Int { spec.digest }

    /// The template that a pod is.
    public init(pod metadata: ObjectMeta, spec: EncodedPodSpec) {
        labels = metadata.labels
        annotations = metadata.annotations
        self.spec = spec
        path = "spec"
    }

    /// Finds the template's parts.
    ///
    /// - Parameters:
    ///   - metadata: its metadata, where that has been read.
    ///   - path: the fields on the way there from the object; none for pods.
    /// - Throws: ``JSONError``, with the path from the object, when it is none, or its spec is not one in which the token's
    ///   volume could be sought; what else is wrong with a spec, ``read()`` says.
    init(json: JSONReader, metadata: ObjectMeta?, at path: [String]) throws(JSONError) {
        if let metadata {
            labels = metadata.labels
            annotations = metadata.annotations
        } else {
            (labels, annotations) = try PodTemplateSpec.metadata(json)
        }
        spec = try json.value("spec") ?? .empty
        self.path = (path + ["spec"]).joined(separator: ".")
    }

    /// Reads all of it.
    ///
    /// - Throws: ``JSONError`` when the spec is not what it should be, with the path from the object.
    public func read() throws(JSONError) -> PodTemplateSpec {
        do throws(JSONError) {
            return PodTemplateSpec(labels: labels, annotations: annotations, spec: try spec.read())
        } catch {
            throw JSONError(path: error.path.isEmpty ? path : "\(path).\(error.path)", message: error.message)
        }
    }
}

/// The spec of a pod or a template as it was sent, in whichever encoding.
public struct EncodedPodSpec: Sendable {
    /// Specs that differ have different ones, but by chance; that chance is one in 2^64 for each two, and nobody outside can
    /// bring it about, since it is seeded at random in each process. Specs that say the same in other words, with
    /// fields that are not read, or in another encoding, may have different ones, too.
    ///
    /// The API server gives each pod a volume for its token, with a name of its own (ServiceAccount admission,
    /// ``tokenVolumePrefix``): in that alone pods of one template differ, and nothing that is judged depends on it. So that
    /// name is left out.
    public let digest: Int
    private let bytes: [UInt8]
    private let reading: @Sendable ([UInt8]) throws(JSONError) -> PodSpec

    /// What the name of a token's volume begins with.
    public static let tokenVolumePrefix = "kube-api-access-"

    static let empty = EncodedPodSpec([], digest: 0) { (_) throws(JSONError) in PodSpec() }

    /// The spec that `reading` makes of `bytes`.
    public init(
        _ bytes: [UInt8],
        digest: Int,
        reading: @escaping @Sendable ([UInt8]) throws(JSONError) -> PodSpec
    ) {
        self.bytes = bytes
        self.digest = digest
        self.reading = reading
    }

    /// Reads it.
    ///
    /// - Throws: ``JSONError`` when it is not what it should be.
    public func read() throws(JSONError) -> PodSpec { try reading(bytes) }
}

extension EncodedPodSpec: JSONReadable {
    /// Takes the text that stands there.
    public init(json: JSONReader) throws(JSONError) {
        self.init(Array(json.text), digest: try json.digestWithoutNameOfTokenVolume) { (text) throws(JSONError) in
            try JSONReader.read(PodSpec.self, from: text)
        }
    }
}

extension JSONReader {
    // Of the text of a PodSpec.
    fileprivate var digestWithoutNameOfTokenVolume: Int {
        get throws(JSONError) {
            let text = text
            var hasher = Hasher()
            var start = 0
            for name in try namesOfTokenVolume().sorted(by: { $0.lowerBound < $1.lowerBound }) {
                hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: text[start..<name.lowerBound]))
                start = name.upperBound
            }
            hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: text[start...]))
            return hasher.finalize()
        }
    }

    // Where in the text it is said: by the volume, and wherever that is mounted.
    private func namesOfTokenVolume() throws(JSONError) -> [Range<Int>] {
        var places: [Range<Int>] = []
        var tokenVolume: UnsafeRawBufferPointer?
        try member("volumes")?.forEachElement { (volume) throws(JSONError) in
            guard tokenVolume == nil, volume.kind == .object, volume.has("projected"),
                let name = try volume.member("name")?.text,
                name.dropFirst().starts(with: EncodedPodSpec.tokenVolumePrefix.utf8)
            else { return }
            tokenVolume = name
            places.append(place(of: name))
        }
        guard let tokenVolume else { return [] }
        for list in ["initContainers", "containers", "ephemeralContainers"] as [StaticString] {
            try member(list)?.forEachElement { (container) throws(JSONError) in
                try container.member("volumeMounts")?.forEachElement { (mount) throws(JSONError) in
                    if let name = try mount.member("name")?.text, name.elementsEqual(tokenVolume) {
                        places.append(place(of: name))
                    }
                }
            }
        }
        return places
    }

    private func place(of part: UnsafeRawBufferPointer) -> Range<Int> {
        guard let base = text.baseAddress, let start = part.baseAddress else { return 0..<0 }
        return start - base..<start - base + part.count
    }
}
