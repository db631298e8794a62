import KubernetesAPI

extension PodSpec {
    /// The names of the containers that `isBad` says so of, in the server's order: init containers, containers, ephemeral
    /// containers. Nothing is allocated unless there is one.
    @inline(__always)
    func containers(where isBad: (Container) -> Bool) -> [String] {
        var names: [String] = []
        // By index, since iterating copies each container.
        for index in initContainers.indices where isBad(initContainers[index]) {
            names.append(initContainers[index].name)
        }
        for index in containers.indices where isBad(containers[index]) {
            names.append(containers[index].name)
        }
        for index in ephemeralContainers.indices where isBad(ephemeralContainers[index]) {
            names.append(ephemeralContainers[index].name)
        }
        return names
    }
}

/// Pieces of the server's messages (`k8s.io/pod-security-admission/policy/helpers.go`).
enum Wording {
    /// `container "a"`, or `containers "a", "b"`.
    static func containers(_ names: [String]) -> String {
        (names.count == 1 ? "container " : "containers ") + quoted(names)
    }

    /// Who set a field: `pod`, `container "a"`, or `pod and containers "a", "b"`.
    static func setters(pod: Bool, containers names: [String]) -> String {
        names.isEmpty ? (pod ? "pod" : "") : (pod ? "pod and " : "") + containers(names)
    }

    /// `"a", "b"`: the items as they are, between quotation marks.
    static func quoted(_ items: [String]) -> String {
        var text = ""
        for item in items {
            text += text.isEmpty ? "\"" : ", \""
            text += item
            text += "\""
        }
        return text
    }

    /// The word, with an `s` unless `count` is 1.
    static func plural(_ word: String, _ count: Int) -> String {
        count == 1 ? word : word + "s"
    }

    /// `uses` of one, `use` of several.
    static func uses(_ count: Int) -> String {
        count == 1 ? "uses" : "use"
    }
}

extension [String] {
    /// Its values in the order of their bytes, each once, as Go's `sets.List`.
    ///
    /// Not Swift's order and equality, which are those of Unicode's canonical forms.
    func sortedUnique() -> [String] {
        let sorted = sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return sorted.enumerated().filter { $0 == 0 || !$1.utf8.elementsEqual(sorted[$0 - 1].utf8) }.map(\.element)
    }
}

extension String {
    /// Whether it is one of `allowed`, all of them ASCII, byte for byte. To Swift, `KILL` with a Kelvin sign (U+212A) is
    /// the same text; to the server and the kernel it is not.
    func isOne(of allowed: [String]) -> Bool {
        allowed.contains { $0.utf8.count == utf8.count && $0 == self }
    }

    /// As Go's `%q` prints it.
    var goQuoted: String {
        unicodeScalars.reduce(into: "\"") { $0 += $1.goEscaped } + "\""
    }
}

extension Unicode.Scalar {
    fileprivate var goEscaped: String {
        switch self {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\u{07}": return "\\a"
        case "\u{08}": return "\\b"
        case "\u{0C}": return "\\f"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{0B}": return "\\v"
        case _ where isPrintable: return String(self)
        case _ where value < 0x80: return "\\x" + hexadecimal(2)
        case _ where value < 0x10000: return "\\u" + hexadecimal(4)
        default: return "\\U" + hexadecimal(8)
        }
    }

    // Go's strconv.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space.
    private var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: self == " "
        default: true
        }
    }

    private func hexadecimal(_ digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}
