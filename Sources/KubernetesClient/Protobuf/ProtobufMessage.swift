/// A message of Kubernetes' API: which of its fields are read, by number, and what they are in JSON.
///
/// Source: the `generated.proto` files beside Kubernetes' API types. Numbers never change meaning there.
final class ProtobufMessage: Sendable {
    /// What a field is in JSON.
    enum Kind: Sendable {
        case string
        case bool
        case integer
        case message(ProtobufMessage)
        /// A message whose fields are the surrounding object's own (Go's embedded types).
        case inlined(ProtobufMessage)
        /// `metav1.Time`: to the second.
        case time
        /// `resource.Quantity`: its text.
        case quantity
        /// `intstr.IntOrString`: whichever of the two it is.
        case integerOrText
        /// Of text to text.
        case texts
        /// Of text to quantities.
        case quantities
    }

    /// One field. A class, since each that is met would be copied.
    final class Field: Sendable {
        /// How it begins in JSON: the name in quotation marks, and a colon.
        let key: [UInt8]
        let kind: Kind
        let isRepeated: Bool
        /// Whether zero differs from unset, and unset is not written (a pointer in Go). Any other is written always, and is
        /// left out of JSON when it is zero.
        let isPointer: Bool

        fileprivate init(_ name: String, _ kind: Kind, isRepeated: Bool = false, isPointer: Bool = false) {
            key = Array("\"\(name)\":".utf8)
            self.kind = kind
            self.isRepeated = isRepeated
            self.isPointer = isPointer
        }
    }

    // By number, of which there are at most 64.
    private let fields: [Field?]
    /// Whether fields that are not named here are to be seen nevertheless, as members by their number.
    let showsUnknown: Bool

    /// A message of these fields.
    init(_ fields: KeyValuePairs<Int, Field>, showsUnknown: Bool = false) {
        var byNumber = [Field?](repeating: nil, count: (fields.map(\.key).max() ?? 0) + 1)
        for (number, field) in fields { byNumber[number] = field }
        self.fields = byNumber
        self.showsUnknown = showsUnknown
    }

    private init(fields: [Field?], showsUnknown: Bool) {
        self.fields = fields
        self.showsUnknown = showsUnknown
    }

    /// Its field of this number, if that is read.
    func field(_ number: Int) -> Field? { number < fields.count ? fields[number] : nil }

    /// The same, of which the field of this number is not read.
    func without(_ number: Int) -> ProtobufMessage {
        var fields = fields
        fields[number] = nil
        return ProtobufMessage(fields: fields, showsUnknown: showsUnknown)
    }
}

extension ProtobufMessage.Field {
    /// A plain value.
    static func plain(_ name: String, _ kind: ProtobufMessage.Kind) -> ProtobufMessage.Field { .init(name, kind) }
    /// A value of which zero differs from unset.
    static func pointer(_ name: String, _ kind: ProtobufMessage.Kind) -> ProtobufMessage.Field {
        .init(name, kind, isPointer: true)
    }
    /// A list.
    static func repeated(_ name: String, _ kind: ProtobufMessage.Kind) -> ProtobufMessage.Field {
        .init(name, kind, isRepeated: true)
    }
    /// A message; unset is not written.
    static func message(_ name: String, _ message: ProtobufMessage) -> ProtobufMessage.Field {
        .init(name, .message(message))
    }
    /// An embedded message.
    static func inlined(_ message: ProtobufMessage) -> ProtobufMessage.Field { .init("", .inlined(message)) }
}
