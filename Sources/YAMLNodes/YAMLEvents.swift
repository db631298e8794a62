internal import CLibYAML

/// What libyaml says of a text, one event after the other.
struct YAMLEvents: ~Copyable {
    /// Something that begins, ends or stands in the text.
    enum Event {
        case documentStart
        case documentEnd
        case alias(String)
        case scalar(YAMLNode.Scalar, anchor: String?)
        case sequenceStart(anchor: String?)
        case mappingStart(anchor: String?)
        /// Of the sequence or mapping that was begun last.
        case collectionEnd
        /// Of the text; nothing comes after it.
        case end
    }

    // Both stay where they are: the parser has pointers to itself and to its input.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ text: String) throws(YAMLError) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw .invalid(problem: "not enough memory", line: 1)
        }
        self.parser = parser
        let utf8 = text.utf8
        input = .allocate(capacity: utf8.count)
        _ = input.initialize(fromContentsOf: utf8)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event and the line where it begins, from 1; after an error, the end.
    mutating func next() throws(YAMLError) -> (event: Event, line: Int) {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw error }
            defer { yaml_event_delete(&event) }
            if let known = Event(event) { return (known, Int(event.start_mark.line) + 1) }
        }
    }

    private var error: YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not enough memory"
        let line =
            switch parser.pointee.error {
            case YAML_READER_ERROR: input.prefix(Int(parser.pointee.problem_offset)).count { $0.isLineFeed } + 1
            case YAML_SCANNER_ERROR, YAML_PARSER_ERROR: Int(parser.pointee.problem_mark.line) + 1
            default: 1
            }
        // What is missing at the end is missed on the line after it.
        let lines = input.count { $0.isLineFeed } + (input.last?.isLineFeed == true ? 0 : 1)
        return .invalid(problem: problem, line: min(line, lines))
    }
}

extension YAMLEvents.Event {
    /// `nil` for what says nothing about documents.
    fileprivate init?(_ event: yaml_event_t) {
        switch event.type {
        case YAML_STREAM_START_EVENT: return nil
        case YAML_DOCUMENT_START_EVENT: self = .documentStart
        case YAML_DOCUMENT_END_EVENT: self = .documentEnd
        case YAML_ALIAS_EVENT: self = .alias(event.data.alias.anchor.map { String(cString: $0) } ?? "")
        case YAML_SCALAR_EVENT:
            self = .scalar(.init(event.data.scalar), anchor: event.data.scalar.anchor.map { String(cString: $0) })
        case YAML_SEQUENCE_START_EVENT:
            self = .sequenceStart(anchor: event.data.sequence_start.anchor.map { String(cString: $0) })
        case YAML_MAPPING_START_EVENT:
            self = .mappingStart(anchor: event.data.mapping_start.anchor.map { String(cString: $0) })
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: self = .collectionEnd
        // Also what libyaml calls no event, which it gives after the end and after an error.
        default: self = .end
        }
    }
}

extension YAMLNode.Scalar {
    fileprivate init(_ scalar: yaml_event_t.__Unnamed_union_data.__Unnamed_struct_scalar) {
        // With its length: there may be a NUL in it.
        text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
        isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
        tag = scalar.quoted_implicit == 1 ? Self.stringTag : scalar.tag.map { String(cString: $0) } ?? ""
    }
}

extension UInt8 {
    fileprivate var isLineFeed: Bool { self == UInt8(ascii: "\n") }
}
