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

/// Hands out the items of a list, read.
struct ListConsumer<Object: KubernetesObject>: BodyConsumer {
    private let onItem: @Sendable (Result<Object, UnreadableObject>) throws -> Void
    // How an item is read, if it is not JSON.
    private var message: ProtobufMessage?
    private var items: ItemSplitter
    private var transcoder = ProtobufTranscoder()

    init(_ resource: Resource, onItem: @escaping @Sendable (Result<Object, UnreadableObject>) throws -> Void) {
        message = ProtobufMessage.of(resource)
        items = ItemSplitter(kind: resource.kind)
        self.onItem = onItem
    }

    mutating func begin(_ answer: Answer) {
        if !answer.isProtobuf { message = nil }
        items.begin(isProtobuf: message != nil)
    }

    mutating func consume(_ chunk: UnsafeRawBufferPointer) throws {
        // Taken out for as long as it is used, since the splitter is, too.
        var transcoder = ProtobufTranscoder()
        swap(&transcoder, &self.transcoder)
        defer { swap(&transcoder, &self.transcoder) }
        let (message, onItem) = (message, onItem)
        try items.consume(chunk) { bytes in
            let item: Result<Object, UnreadableObject>
            do throws(UnreadableObject) {
                let object: Object =
                    if let message {
                        try Coding.object(Object.self, from: bytes, as: message, by: &transcoder)
                    } else {
                        try Coding.object(Object.self, from: bytes)
                    }
                item = .success(object)
            } catch {
                item = .failure(error)
            }
            try onItem(item)
        }
    }

    /// Whether the list's end has been seen.
    var isComplete: Bool { items.isComplete }

    /// What the list says of itself.
    ///
    /// - Throws: when it says nothing that can be read, or is no list.
    var metadata: ListMetadata { get throws { try items.metadata } }
}

/// Hands out the events of a watch, in whichever of the two encodings they come.
struct WatchConsumer<Object: KubernetesObject>: BodyConsumer {
    private let message: ProtobufMessage?
    private let isKnown: (@Sendable (ShownObject) -> Bool)?
    private let onOpen: @Sendable () -> Void
    private let onEvent: @Sendable (WatchEvent<Object>) throws -> Void
    private var isProtobuf = false
    private var ofJSON = LineFramer()
    private var ofProtobuf = LengthFramer()
    private var transcoder = ProtobufTranscoder()

    init(
        _ resource: Resource,
        isKnown: (@Sendable (ShownObject) -> Bool)?,
        onOpen: @escaping @Sendable () -> Void,
        onEvent: @escaping @Sendable (WatchEvent<Object>) throws -> Void
    ) {
        message = ProtobufMessage.of(resource)
        self.isKnown = isKnown
        self.onOpen = onOpen
        self.onEvent = onEvent
    }

    mutating func begin(_ answer: Answer) {
        isProtobuf = answer.isProtobuf
        onOpen()
    }

    mutating func consume(_ chunk: UnsafeRawBufferPointer) throws {
        let onEvent = onEvent
        if isProtobuf, let message {
            var transcoder = ProtobufTranscoder()
            swap(&transcoder, &self.transcoder)
            defer { swap(&transcoder, &self.transcoder) }
            try ofProtobuf.consume(chunk) { bytes in
                let event = Coding.event(
                    Object.self,
                    from: bytes,
                    as: message,
                    by: &transcoder,
                    isKnown: isKnown
                )
                if let event { try onEvent(event) }
            }
        } else {
            try ofJSON.consume(chunk) { try onEvent(Coding.event(Object.self, from: $0)) }
        }
    }

    /// Whether no event has been cut off.
    var isBetweenEvents: Bool { isProtobuf ? ofProtobuf.isAtFrameStart : ofJSON.isAtLineStart }
}

struct ListEnvelope: JSONReadable {
    var metadata: ListMetadata

    // Whatever else is answered with 200 must not pass for a list of nothing: all that is kept would be taken for gone.
    // Items may be null: that is how Go writes an empty list.
    init(json: JSONReader) throws(JSONError) {
        metadata = try json.required("metadata")
        guard json.has("items") else { throw JSONError(path: "items", message: "is not set") }
        try json.member("items")?.forEachElement { (_) throws(JSONError) in }
    }
}
