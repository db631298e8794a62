import KubernetesAPI

/// How objects are read: the one place that knows the encodings. They are written by ``JSONValue/json``.
enum Coding {
    static func decode<Value: JSONReadable>(
        _ type: Value.Type,
        from bytes: UnsafeRawBufferPointer
    ) throws(JSONError) -> Value {
        try JSONReader.read(type, from: bytes)
    }

    /// Decodes an object, or says which one it is and what is wrong with it.
    static func object<Object: KubernetesObject>(
        _ type: Object.Type,
        from bytes: UnsafeRawBufferPointer
    ) throws(UnreadableObject) -> Object {
        do {
            return try decode(type, from: bytes)
        } catch {
            throw UnreadableObject(metadata: try? decode(Identity.self, from: bytes).metadata, message: "\(error)")
        }
    }

    static func event<Object: KubernetesObject>(
        _ type: Object.Type,
        from bytes: UnsafeRawBufferPointer
    ) -> WatchEvent<Object> {
        do {
            return try decode(EventEnvelope<Object>.self, from: bytes).event
        } catch {
            let event = try? decode(EventIdentity.self, from: bytes)
            return .unreadable(
                UnreadableObject(
                    metadata: event?.object.metadata,
                    message: "\(error)",
                    isDeleted: event?.type == "DELETED"
                )
            )
        }
    }

    // MARK: Protobuf, by way of JSON

    /// Decodes an object in protobuf, or says which one it is and what is wrong with it. Of a pod the spec is left as it is.
    static func object<Object: KubernetesObject>(
        _ type: Object.Type,
        from bytes: UnsafeRawBufferPointer,
        as message: ProtobufMessage,
        by transcoder: inout ProtobufTranscoder
    ) throws(UnreadableObject) -> Object {
        do {
            if type == Workload<WorkloadKinds.Pod>.self,
                let pod = try ProtobufPod(bytes).read(by: &transcoder) as? Object
            {
                return pod
            }
            return try read(type, bytes, as: message, by: &transcoder)
        } catch {
            throw unreadable(bytes, error, by: &transcoder)
        }
    }

    /// Decodes a `metav1.WatchEvent`; `nil` where it shows a change of an object that `isKnown`.
    static func event<Object: KubernetesObject>(
        _ type: Object.Type,
        from bytes: UnsafeRawBufferPointer,
        as message: ProtobufMessage,
        by transcoder: inout ProtobufTranscoder,
        isKnown: ((ShownObject) -> Bool)? = nil
    ) -> WatchEvent<Object>? {
        var eventType = ""
        var content = UnsafeRawBufferPointer(start: nil, count: 0)
        do {
            var fields = ProtobufFields(bytes)
            while let (number, value) = try fields.next() {
                switch (number, value) {
                case (1, .bytes(let bytes)): eventType = String(decoding: bytes, as: UTF8.self)
                case (2, .bytes(let raw)): content = try rawExtension(raw)
                default: break
                }
            }
            content = try ProtobufObject(content).content
            if eventType == "MODIFIED", let isKnown, type == Workload<WorkloadKinds.Pod>.self {
                let pod = try ProtobufPod(content)
                if isKnown(pod.shown) { return nil }
                if let pod = try pod.read(by: &transcoder) as? Object { return .modified(pod) }
            }
            switch eventType {
            case "ADDED": return .added(try object(type, from: content, as: message, by: &transcoder))
            case "MODIFIED": return .modified(try object(type, from: content, as: message, by: &transcoder))
            case "DELETED": return .deleted(try object(type, from: content, as: message, by: &transcoder))
            case "BOOKMARK":
                return .bookmark(
                    try read(Identity.self, content, as: .identity, by: &transcoder).metadata.resourceVersion
                )
            case "ERROR": return .error(try read(Status.self, content, as: .status, by: &transcoder))
            default: throw ProtobufError("unknown event type \(eventType.prefix(40))")
            }
        } catch {
            var unreadable = error as? UnreadableObject ?? unreadable(content, error, by: &transcoder)
            unreadable.isDeleted = eventType == "DELETED"
            return .unreadable(unreadable)
        }
    }

    private static func read<Value: JSONReadable>(
        _ type: Value.Type,
        _ bytes: UnsafeRawBufferPointer,
        as message: ProtobufMessage,
        by transcoder: inout ProtobufTranscoder
    ) throws -> Value {
        transcoder.reset()
        try transcoder.append(bytes, as: message)
        return try transcoder.json.withUnsafeBytes { try decode(type, from: $0) }
    }

    // `runtime.RawExtension`.
    private static func rawExtension(_ bytes: UnsafeRawBufferPointer) throws(ProtobufError) -> UnsafeRawBufferPointer {
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            if number == 1, case .bytes(let content) = value { return content }
        }
        throw ProtobufError("an event holds no object")
    }

    // Who it is stands before all else, and is often there whatever is wrong with the rest.
    private static func unreadable(
        _ bytes: UnsafeRawBufferPointer,
        _ error: any Error,
        by transcoder: inout ProtobufTranscoder
    ) -> UnreadableObject {
        let identity = try? read(Identity.self, bytes, as: .identity, by: &transcoder)
        return UnreadableObject(metadata: identity?.metadata, message: "protobuf: \(error)")
    }

    /// Decodes the metadata of a list, a `metav1.ListMeta`.
    ///
    /// - Throws: ``ProtobufError``, `JSONError`.
    static func listMetadata(_ bytes: [UInt8]) throws -> ListMetadata {
        var transcoder = ProtobufTranscoder()
        return try bytes.withUnsafeBytes { try read(ListMetadata.self, $0, as: .listMetadata, by: &transcoder) }
    }

    /// Decodes what a refusal is explained by, in either encoding.
    ///
    /// - Throws: ``ProtobufError``, `JSONError`.
    static func status(from bytes: UnsafeRawBufferPointer) throws -> Status {
        guard ProtobufObject.isOne(bytes) else { return try decode(Status.self, from: bytes) }
        var transcoder = ProtobufTranscoder()
        return try read(Status.self, ProtobufObject(bytes).content, as: .status, by: &transcoder)
    }

    /// Decodes a `v1.PodSpec`.
    ///
    /// - Throws: `JSONError`, also when it is no such message.
    static func podSpec(_ bytes: [UInt8]) throws(JSONError) -> PodSpec {
        do {
            var transcoder = ProtobufTranscoder()
            return try bytes.withUnsafeBytes { try read(PodSpec.self, $0, as: .podSpec, by: &transcoder) }
        } catch let error as JSONError {
            throw error
        } catch {
            throw JSONError(path: "", message: "protobuf: \(error)")
        }
    }

    // MARK: Parts

    // Who an object is, whatever is wrong with the rest of it.
    private struct Identity: JSONReadable {
        var metadata: ObjectMeta

        init(json: JSONReader) throws(JSONError) {
            guard let json = try json.member("metadata") else { throw json.invalid("metadata is missing") }
            metadata = ObjectMeta(
                name: try json.value("name") ?? "",
                namespace: try json.value("namespace"),
                uid: try json.value("uid") ?? "",
                resourceVersion: try json.value("resourceVersion") ?? ResourceVersion("")
            )
        }
    }

    private struct EventIdentity: JSONReadable {
        var type: String?
        var object: Identity

        init(json: JSONReader) throws(JSONError) {
            type = try json.value("type")
            object = try json.required("object")
        }
    }

    private struct EventEnvelope<Object: KubernetesObject>: JSONReadable {
        var event: WatchEvent<Object>

        init(json: JSONReader) throws(JSONError) {
            let type: String = try json.required("type")
            switch type {
            case "ADDED": event = .added(try json.required("object"))
            case "MODIFIED": event = .modified(try json.required("object"))
            case "DELETED": event = .deleted(try json.required("object"))
            case "BOOKMARK":
                event = .bookmark(try json.required("object", as: Identity.self).metadata.resourceVersion)
            case "ERROR": event = .error(try json.required("object"))
            default:
                event = .unreadable(
                    UnreadableObject(
                        metadata: try? json.required("object", as: Identity.self).metadata,
                        message: "unknown event type \(type.prefix(40))"
                    )
                )
            }
        }
    }
}
