import KubernetesAPI
import PrintableText

/// JSON as it is written here, by hand for the order of keys and for speed.
enum JSONText {
    /// Appends `text` as a JSON string. What is hidden is escaped, so that JSON may be shown on a terminal.
    ///
    /// - Parameter isYAML: Whether it is to be read as YAML, whose readers take all of JSON's strings but for a scalar
    ///   that is escaped in two halves.
    static func append(_ text: String, to json: inout [UInt8], isYAML: Bool = false) {
        json.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            if bytes.allSatisfy({ 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
                json.append(contentsOf: bytes)
                return
            }
            for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
                switch scalar {
                case "\"": json += #"\""#.utf8
                case "\\": json += #"\\"#.utf8
                case "\n": json += #"\n"#.utf8
                case "\t": json += #"\t"#.utf8
                case "\r": json += #"\r"#.utf8
                case _ where scalar.isHidden && scalar.value > 0xFFFF && isYAML:
                    let digits = String(scalar.value, radix: 16)
                    json += ("\\U" + String(repeating: "0", count: 8 - digits.count) + digits).utf8
                case _ where scalar.isHidden: append(escaping: scalar, to: &json)
                default: json += String(scalar).utf8
                }
            }
        }
        json.append(UInt8(ascii: "\""))
    }

    /// `json` with everything escaped that is hidden in its strings, so that it may be shown on a terminal.
    static func withoutHidden(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: { $0 != "\n" && $0.isHidden }) else { return json }
        var shown: [UInt8] = []
        for scalar in json.unicodeScalars {
            if scalar != "\n", scalar.isHidden {
                append(escaping: scalar, to: &shown)
            } else {
                shown += String(scalar).utf8
            }
        }
        return String(decoding: shown, as: UTF8.self)
    }

    private static func append(escaping scalar: Unicode.Scalar, to json: inout [UInt8]) {
        for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16)
            json += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
        }
    }

    /// Appends `value`, keys in order of their bytes.
    static func append(_ value: JSONValue, to json: inout [UInt8], isYAML: Bool = false) {
        switch value {
        case .null: json += "null".utf8
        case .bool(let value): json += (value ? "true" : "false").utf8
        case .integer(let value): json += String(value).utf8
        case .number(let value): json += String(value).utf8
        case .string(let text): append(text, to: &json, isYAML: isYAML)
        case .array(let elements):
            json.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                append(element, to: &json, isYAML: isYAML)
            }
            json.append(UInt8(ascii: "]"))
        case .object(let members):
            json.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                append(member.key, to: &json, isYAML: isYAML)
                json.append(UInt8(ascii: ":"))
                append(member.value, to: &json, isYAML: isYAML)
            }
            json.append(UInt8(ascii: "}"))
        }
    }
}
