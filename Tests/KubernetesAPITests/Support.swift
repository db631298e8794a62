import Foundation
import KubernetesAPI

/// Reads JSON as it comes from an API server.
func read<Value: JSONReadable>(_ type: Value.Type = Value.self, _ json: String) throws -> Value {
    try JSONReader.read(type, from: json.utf8)
}

/// Writes JSON as it goes to an API server: keys sorted, slashes as they are.
func written(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
