import KubernetesAPI

/// Hands out the items of a list, read.
struct ListConsumer<Object: KubernetesObject>: BodyConsumer {
    private let onItem: @Sendable (Result<Object, UnreadableObject>) throws -> Void
    // How an item is read, if it is not JSON.
    private var message: ProtobufMessage?
    private var items: ItemSplitter
    private var transcoder = ProtobufTranscoder()

    init(_ resource: Resource, onItem: @escaping @Sendable (Result<Object, UnreadableObject>) throws -> Void) {
        message = ProtobufMessage.of(Object.self, from: resource)
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
        message = ProtobufMessage.of(Object.self, from: resource)
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
