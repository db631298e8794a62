import KubernetesAPI
import PrintableText

/// What an Event is to say, and of which object.
///
/// Its bounds are those of the API server's validation (`pkg/apis/core/validation/events.go`).
public struct EventContent: Sendable, Hashable {
    /// Whether it is a matter of course.
    public enum Kind: String, Sendable, Hashable {
        /// All is as it should be.
        case normal = "Normal"
        /// Somebody should look at it.
        case warning = "Warning"
    }

    /// What makes two that follow each other one series (KEP-383): all but what they say in words.
    struct Key: Hashable, Sendable {
        var content: EventContent
    }

    /// The most bytes of ``note``.
    public static let noteLimit = 1024
    private static let wordLimit = 128

    /// Whether it is a matter of course.
    public let kind: Kind
    /// Why, in one word for machines, such as `Enforced`.
    public let reason: String
    /// What was done, or was not, in one word for machines.
    public let action: String
    /// The object that it is about.
    public let regarding: ObjectReference
    /// Another that has to do with it.
    public let related: ObjectReference?
    /// For people; cleaned of what is not printed as itself, at most ``noteLimit`` bytes.
    public private(set) var note: String

    /// A content with the given parts; what is too long is cut.
    public init(
        _ kind: Kind,
        reason: String,
        action: String,
        regarding: ObjectReference,
        related: ObjectReference? = nil,
        note: String
    ) {
        self.kind = kind
        self.reason = reason.shortened(toUTF8: Self.wordLimit)
        self.action = action.shortened(toUTF8: Self.wordLimit)
        self.regarding = regarding
        self.related = related
        self.note = note.printable(upTo: Self.noteLimit).shortened(toUTF8: Self.noteLimit)
    }

    var key: Key {
        var content = self
        content.note = ""
        return Key(content: content)
    }
}
