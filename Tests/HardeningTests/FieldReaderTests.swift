import Foundation
import KubernetesAPI
import Testing

@testable import Hardening

@Suite struct FieldReaderTests {
    private static func problems(_ spec: String) throws -> [FieldError] {
        let profile = try profile(spec)
        let error = #expect(throws: InvalidProfile.self) { try CompiledProfile(profile) }
        return error?.problems ?? []
    }

    @Test(
        "A field that no profile has is named by its path, with the one that was meant if that is plain",
        arguments: [
            ("onDisruptions: Proceed", "spec.onDisruptions", "onDisruption"),
            ("namespaceSelectr: {}", "spec.namespaceSelectr", "namespaceSelector"),
            ("CONTROLS: {}", "spec.CONTROLS", "controls"),
            ("a.b: {}", "spec[a.b]", nil),
            ("team: payments", "spec.team", nil),
        ] as [(String, String, String?)]
    )
    func unknown(_ line: String, _ field: String, _ meant: String?) throws {
        let profile = try profile("namespaceSelector: {}\ncontrols: {podSecurity: {}}\n\(line)")
        #expect(profile.unknownFields.map(\.field) == [field])
        let expected = profile.unknownFields.map(\.expected).joined()
        #expect(expected.contains("did you mean \(meant ?? "")?") == (meant != nil), "\(expected)")
        if meant == nil { #expect(expected.contains("namespaceSelector, onDisruption")) }
        // A server whose schema is newer may have it: the rest is understood.
        #expect(throws: Never.self) { try CompiledProfile(profile) }
    }

    @Test("Fields are known at every depth, and what authors name themselves is no field")
    func depth() throws {
        let profile = try read(
            HardeningProfile.self,
            """
            apiVersion: hardening.dev/v1alpha1
            kind: HardeningProfile
            metadata: {name: a, labels: {any: thing}}
            sepc: {}
            spec:
              namespaceSelector: {matchLabels: {any: thing, a.b/c: d}, matchLabel: {}}
              controls:
                networkPolicy: {directions: [Ingress], alow: {}, allow: {ingressFrom: [{from: [{podSelectr: {}}]}]}}
                podsecurity: {enforce: restricted}
                limitRange: {limits: [{type: Container, default: {cpu: 1, example.com/gpu: 1}, defaults: {}}]}
              exemptions: [{name: a, reason: r, checks: [image-digest], namespaces: [a], expires: x}]
            """
        )
        #expect(
            profile.unknownFields.map(\.field) == [
                "spec.controls.limitRange.limits[0].defaults",
                "spec.controls.networkPolicy.allow.ingressFrom[0].from[0].podSelectr",
                "spec.controls.networkPolicy.alow", "spec.controls.podsecurity", "spec.exemptions[0].expires",
                "spec.namespaceSelector.matchLabel", "sepc",
            ]
        )
    }

    @Test("Everything that has another form is told at once, and what is missing beside it")
    func everything() throws {
        let problems = try Self.problems(
            """
            mode: Strict
            suspend: 1
            priority: high
            excludedNamespaces: [a, 2, b, {}]
            controls: {podSecurity: {enforce: strict, warn: 5}, networkPolicy: {directions: [Ingress, Sideways]}, workloads: []}
            exemptions: [{name: a, reason: []}, {name: 7}]
            """
        )
        #expect(
            Set(problems.map { "\($0)" }) == [
                #"spec.mode: "Strict" is not one of Enforce, Audit, Disabled"#,
                #"spec.suspend: "1" is not true or false"#,
                #"spec.priority: "high" is not a whole number"#,
                #"spec.namespaceSelector: "" is not set, as it must be"#,
                #"spec.excludedNamespaces[1]: "2" is not a string"#,
                #"spec.excludedNamespaces[3]: "{...}" is not a string"#,
                #"spec.controls.podSecurity.enforce: "strict" is not one of privileged, baseline, restricted"#,
                #"spec.controls.podSecurity.warn: "5" is not one of privileged, baseline, restricted"#,
                #"spec.controls.networkPolicy.directions[1]: "Sideways" is not one of Ingress, Egress"#,
                #"spec.controls.workloads: "[...]" is not an object"#,
                #"spec.exemptions[0].reason: "[...]" is not a string"#,
                #"spec.exemptions[1].name: "7" is not a string"#,
            ]
        )
        #expect(problems.count == 12)
    }

    // MARK: The CRD

    // What the schema says of an object: the fields of each path, and a document that has all of them.
    private struct Schema {
        var fields: [String: Set<String>] = [:]
        var choices: [(path: String, values: [String])] = []

        mutating func sample(_ node: JSONValue, at path: String) -> JSONValue {
            if let values = node["enum"]?.elements?.compactMap(\.string), let first = values.first {
                choices.append((path, values))
                return .string(first)
            }
            if let properties = node["properties"]?.members {
                fields[path] = Set(properties.keys)
                return .object(
                    Dictionary(
                        uniqueKeysWithValues: properties.map { ($0.key, sample($0.value, at: "\(path).\($0.key)")) }
                    )
                )
            }
            if let items = node["items"] { return [sample(items, at: "\(path)[0]")] }
            if node["additionalProperties"] != nil { return [:] }
            switch node["type"]?.string {
            case "boolean": return true
            case "integer": return 1
            default: return "text"
            }
        }
    }

    private static func specification() throws -> JSONValue {
        try #require(try schema()["properties"]?["spec"])
    }

    private static func schema() throws -> JSONValue {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let yaml = try String(contentsOf: root.appending(path: "crds/hardeningprofiles.yaml"), encoding: .utf8)
        let definition = try read(JSONValue.self, yaml)
        let version = try #require(definition["spec"]?["versions"]?.elements?.first)
        return try #require(version["schema"]?["openAPIV3Schema"])
    }

    @Test("P6: Every list in the CRD says how it merges")
    func lists() throws {
        var count = 0
        func visit(_ schema: JSONValue, _ path: String) {
            if schema["type"] == "array" {
                count += 1
                #expect(schema["x-kubernetes-list-type"] != nil, "\(path)")
            }
            guard case .object(let members) = schema else { return }
            for (key, value) in members { visit(value, "\(path).\(key)") }
        }
        try visit(Self.schema(), "")
        #expect(count > 30)
    }

    @Test("The fields that are known are exactly those of the CRD, at every depth")
    func fields() throws {
        var schema = Schema()
        let document = schema.sample(try Self.specification(), at: "spec")
        let reading = FieldReader.read(ProfileSpec.self, document, at: "spec")
        #expect(throws: Never.self) { try reading.value.get() }
        #expect(reading.unknown == [])
        #expect(schema.fields.count > 20)
        for (path, fields) in schema.fields { #expect(reading.fields[path] == fields, "\(path)") }
    }

    @Test("Of a word that is none of those that the CRD allows, the message lists all that it does")
    func choices() throws {
        var schema = Schema()
        let document = schema.sample(try Self.specification(), at: "spec")
        #expect(schema.choices.count > 15)
        for (path, values) in schema.choices {
            var wrong = document
            let steps = path.split { ".[]".contains($0) }.dropFirst().map(String.init)
            wrong.set(steps[...], "bogus")
            guard case .failure(let error) = FieldReader.read(ProfileSpec.self, wrong, at: "spec").value else {
                // What is text here and checked later, such as the ids of checks.
                #expect(
                    ["spec.controls.workloads.checks[0].id", "spec.exemptions[0].controls[0]"].contains {
                        path == $0 || path.hasSuffix(".protocol")
                    },
                    "\(path)"
                )
                continue
            }
            #expect(error.problems.map(\.field) == [path])
            let listed = error.problems.map(\.expected).joined().split { " ,".contains($0) }.map(String.init)
            #expect(Set(values).isSubset(of: listed), "\(path): \(listed)")
        }
    }
}

extension JSONValue {
    fileprivate var members: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
    fileprivate var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    fileprivate var string: String? { if case .string(let text) = self { text } else { nil } }

    // Objects by name, lists by their only element.
    fileprivate mutating func set(_ steps: ArraySlice<String>, _ value: JSONValue) {
        guard let step = steps.first else {
            self = value
            return
        }
        if case .array(var elements) = self {
            elements[0].set(steps.dropFirst(), value)
            self = .array(elements)
        } else {
            var member = self[step] ?? [:]
            member.set(steps.dropFirst(), value)
            self[step] = member
        }
    }
}
