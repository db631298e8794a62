import KubernetesAPI

/// How objects are read and written: the one place that knows the encoding.
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
