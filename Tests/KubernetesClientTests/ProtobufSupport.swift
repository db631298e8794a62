@testable import KubernetesClient

/// A protobuf message as Go's generated code writes it, made by hand.
struct ProtobufDocument: ExpressibleByArrayLiteral {
    /// One field.
    struct Field {
        var bytes: [UInt8]

        /// A number or a boolean.
        static func number(_ number: Int, _ value: Int64) -> Field {
            Field(bytes: varint(UInt64(number) << 3) + varint(UInt64(bitPattern: value)))
        }

        /// Text.
        static func text(_ number: Int, _ text: String) -> Field { bytes(number, Array(text.utf8)) }

        /// A message.
        static func message(_ number: Int, _ fields: Field...) -> Field { bytes(number, fields.flatMap(\.bytes)) }

        /// Bytes of any kind.
        static func bytes(_ number: Int, _ bytes: [UInt8]) -> Field {
            Field(bytes: varint(UInt64(number) << 3 | 2) + varint(UInt64(bytes.count)) + bytes)
        }

        /// A number of 8 bytes.
        static func fixed(_ number: Int) -> Field {
            Field(bytes: varint(UInt64(number) << 3 | 1) + [UInt8](repeating: 7, count: 8))
        }

        private static func varint(_ value: UInt64) -> [UInt8] {
            value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
        }
    }

    var bytes: [UInt8]

    init(arrayLiteral fields: Field...) { bytes = fields.flatMap(\.bytes) }

    /// The same as an object on its own.
    func object(_ kind: String) -> [UInt8] {
        ProtobufObject.magic
            + ([
                .message(1, .text(1, "v1"), .text(2, kind)), .bytes(2, bytes), .text(3, ""), .text(4, ""),
            ] as ProtobufDocument).bytes
    }

    /// A frame of a watch.
    static func event(_ type: String, _ object: [UInt8]) -> [UInt8] {
        let event = ([.text(1, type), .message(2, .bytes(1, object))] as ProtobufDocument).bytes
        return [
            UInt8(event.count >> 24), UInt8(event.count >> 16 & 255), UInt8(event.count >> 8 & 255),
            UInt8(event.count & 255),
        ]
            + event
    }
}
