import FoundationEssentials
import KubernetesAPI

/// How objects are read and written: the one place that knows the encoding.
enum Coding {
    // Slashes stay as they are: an apply is read by a YAML parser that has no `\/` and answers 400. Sorted keys make
    // equal documents equal bytes.
    static func encode(_ document: JSONValue) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return Array(try encoder.encode(document))
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: UnsafeRawBufferPointer) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }

    /// Decodes an object, or says which one it is and what is wrong with it.
    static func object<Object: KubernetesObject>(
        _ type: Object.Type,
        from bytes: UnsafeRawBufferPointer
    ) throws(UnreadableObject) -> Object {
        do {
            return try decode(type, from: bytes)
        } catch {
            throw UnreadableObject(
                metadata: try? decode(Identity.self, from: bytes).metadata,
                message: describe(error)
            )
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
                    message: describe(error),
                    isDeleted: event?.type == "DELETED"
                )
            )
        }
    }

    static func describe(_ error: any Error) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }.joined()
        }
        switch error {
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            return "\(path(context)): \(context.debugDescription)"
        case DecodingError.keyNotFound(let key, let context):
            return "\(path(context)).\(key.stringValue): missing"
        default:
            return "\(error)"
        }
    }

    // Who an object is, whatever is wrong with the rest of it.
    private struct Identity: Decodable {
        private struct Fields: Decodable {
            var name: String?
            var namespace: String?
            var uid: String?
            var resourceVersion: ResourceVersion?
        }

        private enum CodingKeys: String, CodingKey {
            case metadata
        }

        var metadata: ObjectMeta

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self).decode(Fields.self, forKey: .metadata)
            metadata = ObjectMeta(
                name: fields.name ?? "",
                namespace: fields.namespace,
                uid: fields.uid ?? "",
                resourceVersion: fields.resourceVersion ?? ResourceVersion("")
            )
        }
    }

    private struct EventIdentity: Decodable {
        var type: String?
        var object: Identity
    }

    private struct EventEnvelope<Object: KubernetesObject>: Decodable {
        var event: WatchEvent<Object>

        private enum CodingKeys: String, CodingKey {
            case type, object
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            switch try container.decode(String.self, forKey: .type) {
            case "ADDED": event = .added(try container.decode(Object.self, forKey: .object))
            case "MODIFIED": event = .modified(try container.decode(Object.self, forKey: .object))
            case "DELETED": event = .deleted(try container.decode(Object.self, forKey: .object))
            case "BOOKMARK":
                event = .bookmark(try container.decode(Identity.self, forKey: .object).metadata.resourceVersion)
            case "ERROR": event = .error(try container.decode(Status.self, forKey: .object))
            case let other:
                event = .unreadable(
                    UnreadableObject(
                        metadata: try? container.decode(Identity.self, forKey: .object).metadata,
                        message: "unknown event type \(other.prefix(40))"
                    )
                )
            }
        }
    }
}
