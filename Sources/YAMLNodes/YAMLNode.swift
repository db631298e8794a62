/// A value of a YAML document as it is written: what a scalar means is for the reader to say.
///
/// Aliases are resolved: what one stands for is there in its place, with the line where that is written.
package struct YAMLNode: Sendable {
    /// What kind of value it is, with its parts.
    package enum Content: Sendable {
        case scalar(Scalar)
        case sequence([YAMLNode])
        case mapping([Member])
    }

    /// A member of a mapping; any value may be the key.
    package struct Member: Sendable {
        package let key: YAMLNode
        package let value: YAMLNode
    }

    /// A value without parts.
    package struct Scalar: Sendable {
        /// The text, without quotes, escapes and indentation.
        package let text: String
        /// The tag, such as `tag:yaml.org,2002:int` for `!!int`; empty when the text alone is to tell the type. What is in
        /// quotes or a block is a string (``stringTag``) if no tag says otherwise.
        package let tag: String
        /// Whether it is without quotes and no block.
        package let isPlain: Bool

        package static let stringTag = "tag:yaml.org,2002:str"
    }

    /// What it is.
    package let content: Content
    /// The line in which it begins, from 1.
    package let line: Int

    package init(content: Content, line: Int) {
        self.content = content
        self.line = line
    }

    /// The scalar that it is, if any.
    package var scalar: Scalar? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar
    }
}

/// Why a text is not YAML.
package enum YAMLError: Error {
    /// The text breaks YAML's rules, or the limit on nesting.
    case invalid(problem: String, line: Int)
    /// A mapping has a key twice.
    case duplicateKey(String, line: Int)
}
