import YAMLNodes

/// What a scalar of YAML means in JSON, as kubectl takes it.
///
/// Kubernetes' tools read YAML 1.1 with a few exceptions: `yes`, `on` and `n` are booleans, `017` is octal and `1_000` a
/// number, but there are no numbers to the base 60, and dates remain text.
///
/// Source: `goyaml.v2/resolve.go` and `yaml.go` of `sigs.k8s.io/yaml`.
enum YAMLScalar {
    /// The value of `scalar`; `nil` if JSON has none for it, such as for `.inf`.
    static func value(of scalar: YAMLNode.Scalar) -> ManifestNode.Value? {
        let text = scalar.text
        switch scalar.tag {
        case "":
            return scalar.isPlain ? plain(text) : .string(text)
        case "tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:null":
            return plain(text)
        default:
            return .string(text)
        }
    }

    /// The name that `scalar` stands for as a key; `nil` if it cannot be one.
    static func key(of scalar: YAMLNode.Scalar) -> String? {
        switch value(of: scalar) {
        case .string(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        default: nil
        }
    }

    /// Whether it says that another mapping's members are to be taken over.
    static func isMerge(_ scalar: YAMLNode.Scalar) -> Bool {
        scalar.text == "<<" && (scalar.isPlain || scalar.tag == "tag:yaml.org,2002:merge")
    }

    private static func plain(_ text: String) -> ManifestNode.Value? {
        switch text {
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
        case "", "~", "null", "Null", "NULL": return .null
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
            return nil
        default: break
        }
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return .string(text) }
        if first == UInt8(ascii: ".") { return fraction(text).map { .number($0) } ?? .string(text) }
        let digits = text.utf8.contains(UInt8(ascii: "_")) ? text.filter { $0 != "_" } : text
        return (integer(digits) ?? fraction(digits)).map { .number($0) } ?? .string(text)
    }

    // In decimal digits. Of any size: what does not fit 64 bits, the decoder of the field will refuse.
    private static func integer(_ text: String) -> String? {
        var digits = text.utf8[...]
        var sign = ""
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? "-" : ""
            digits = digits.dropFirst()
        }
        var radix = 10
        if digits.first == UInt8(ascii: "0"), digits.count > 1 {
            digits = digits.dropFirst()
            switch digits.first {
            case UInt8(ascii: "x"), UInt8(ascii: "X"): (radix, digits) = (16, digits.dropFirst())
            case UInt8(ascii: "o"), UInt8(ascii: "O"): (radix, digits) = (8, digits.dropFirst())
            case UInt8(ascii: "b"), UInt8(ascii: "B"): (radix, digits) = (2, digits.dropFirst())
            default: radix = 8
            }
        }
        guard let first = digits.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
        if let value = UInt64(String(Substring(digits)), radix: radix) {
            return value == 0 ? "0" : sign + String(value)
        }
        // Only decimal digits remain themselves.
        let isDecimal = radix == 10 && digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return isDecimal ? sign + String(Substring(digits)) : nil
    }

    // [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?, written as JSON has it.
    private static func fraction(_ text: String) -> String? {
        guard text.utf8.allSatisfy("+-.eE0123456789".utf8.contains), !text.hasSuffix("."), let value = Double(text),
            value.isFinite
        else {
            guard text.hasSuffix("."), !text.dropLast().contains(".") else { return nil }
            return integer(String(text.dropLast()))
        }
        if let integer = Int64(exactly: value) { return String(integer) }
        return "\(value)"
    }
}
