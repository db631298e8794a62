import Foundation
import Hardening
import KubernetesAPI
import Testing
import Yams

// MARK: Reading

/// Reads YAML the way an object reaches the operator: as JSON.
func read<Value: JSONReadable>(_ type: Value.Type = Value.self, _ yaml: String) throws -> Value {
    try JSONReader.read(type, from: json(yaml))
}

/// Reads YAML as what the operator decodes of a profile.
@_disfavoredOverload
func read<Value: Decodable>(_ type: Value.Type = Value.self, _ yaml: String) throws -> Value {
    try JSONDecoder().decode(type, from: json(yaml))
}

private func json(_ yaml: String) throws -> Data {
    let document = try #require(try Yams.load(yaml: yaml))
    return try JSONSerialization.data(withJSONObject: document, options: .fragmentsAllowed)
}

/// Reads a document as what the operator decodes of a profile.
@_disfavoredOverload
func read<Value: Decodable>(_ type: Value.Type = Value.self, _ document: JSONValue) throws -> Value {
    try JSONDecoder().decode(type, from: JSONEncoder().encode(document))
}

/// Reads a part of an operation's document.
func read<Value: JSONReadable>(_ type: Value.Type = Value.self, _ document: JSONValue) throws -> Value {
    try JSONReader.read(type, from: JSONEncoder().encode(document))
}

/// A profile with this spec.
func profile(
    _ spec: String,
    name: String = "restricted",
    generation: Int64 = 1,
    created: Int64 = 0
) throws -> HardeningProfile {
    var profile = try read(HardeningProfile.self, "metadata: {name: x}\nspec:\n" + spec.indented)
    profile.metadata = ObjectMeta(
        name: name,
        uid: name,
        generation: generation,
        creationTimestamp: Timestamp(secondsSinceEpoch: created)
    )
    return profile
}

/// A profile for every namespace with these controls, in YAML's flow style without the braces. Pod Security is rolled out
/// at once, unless `gradual`.
func compiled(
    _ controls: String,
    mode: String = "Enforce",
    suspend: Bool = false,
    name: String = "restricted",
    priority: Int = 0,
    created: Int64 = 0,
    gradual: Bool = false,
    onDisruption: String = "Hold"
) throws -> CompiledProfile {
    let controls =
        gradual
        ? controls
        : controls.replacingOccurrences(
            of: "podSecurity: {",
            with: "podSecurity: {rollout: {strategy: Immediate}, "
        )
    let spec = """
        mode: \(mode)
        suspend: \(suspend)
        priority: \(priority)
        onDisruption: \(onDisruption)
        namespaceSelector: {}
        controls: {\(controls)}
        """
    return try CompiledProfile(profile(spec, name: name, created: created))
}

extension String {
    fileprivate var indented: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n")
    }
}

// MARK: Looking at plans and verdicts

extension Plan {
    /// The operations in order, in words.
    var summary: [String] { steps.flatMap(\.operations).map(\.description) }
}

extension [Hardening.Operation] {
    /// The operations in order, in words.
    var summary: [String] { map(\.description) }
}

extension CompiledProfile {
    /// All findings in a namespace.
    func findings(_ room: Room) -> [Finding] { assess(room.view).flatMap(\.findings) }

    /// The reasons of all findings in a namespace.
    func reasons(_ room: Room) -> [Finding.Reason] { findings(room).map(\.reason) }
}
