import KubernetesAPI

/// Takes the items out of a list's body, in whichever of the two encodings it comes.
struct ItemSplitter {
    private var isProtobuf = false
    private var ofJSON = ListSplitter()
    private var ofProtobuf: ProtobufListSplitter

    /// A splitter of a list of objects of this kind.
    init(kind: String) { ofProtobuf = ProtobufListSplitter(kind: kind) }

    /// Takes note of the encoding; JSON before that.
    mutating func begin(isProtobuf: Bool) { self.isProtobuf = isProtobuf }

    /// Takes a chunk and hands each item that it completes to `body`.
    ///
    /// - Throws: ``TransportError`` when that cannot be a list, and whatever `body` throws.
    mutating func consume(_ chunk: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        if isProtobuf {
            try ofProtobuf.consume(chunk, body)
        } else {
            try ofJSON.consume(chunk, body)
        }
    }

    /// Whether the list's end has been seen.
    var isComplete: Bool { isProtobuf ? ofProtobuf.isComplete : ofJSON.isComplete }

    /// What the list says of itself.
    ///
    /// - Throws: when it says nothing that can be read, or is no list.
    var metadata: ListMetadata {
        get throws {
            if isProtobuf { return try Coding.listMetadata(ofProtobuf.metadata) }
            return try ofJSON.envelope.withUnsafeBytes { try Coding.decode(ListEnvelope.self, from: $0).metadata }
        }
    }
}

private struct ListEnvelope: JSONReadable {
    var metadata: ListMetadata

    // Whatever else is answered with 200 must not pass for a list of nothing: all that is kept would be taken for gone.
    // Items may be null: that is how Go writes an empty list.
    init(json: JSONReader) throws(JSONError) {
        metadata = try json.required("metadata")
        guard json.has("items") else { throw JSONError(path: "items", message: "is not set") }
        try json.member("items")?.forEachElement { (_) throws(JSONError) in }
    }
}
