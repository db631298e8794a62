import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("Encoding and decoding")
struct CodingTests {
    private func event(_ line: String) -> WatchEvent<Thing> {
        Array(line.utf8).withUnsafeBytes { Coding.event(Thing.self, from: $0) }
    }

    private func object(_ text: String) throws -> Thing {
        try Array(text.utf8).withUnsafeBytes { try Coding.object(Thing.self, from: $0) }
    }

    @Test("P10: writes slashes as they are, since a server's YAML parser knows no other")
    func slashes() {
        let bytes = (["a/b": "https://x/y\\"] as JSONValue).json
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"a/b":"https://x/y\\"}"#)
    }

    @Test("writes equal documents as equal bytes, keys sorted and numbers as they are")
    func deterministic() {
        let document: JSONValue = ["b": 1, "a": [nil, true, 0], "c": ["z": "", "y": 9_007_199_254_740_993]]
        let expected = #"{"a":[null,true,0],"b":1,"c":{"y":9007199254740993,"z":""}}"#
        #expect(String(decoding: document.json, as: UTF8.self) == expected)
    }

    @Test("reads an object, whatever else it has")
    func reads() throws {
        let thing = try object(
            #"{"metadata":{"name":"a","namespace":"n","resourceVersion":"5","x":[]},"size":3,"y":{}}"#
        )
        #expect(thing == Thing(metadata: ObjectMeta(name: "a", namespace: "n", resourceVersion: .init("5")), size: 3))
    }

    @Test("W14: says which object cannot be read, and why")
    func unreadable() throws {
        let error = try #require(throws: UnreadableObject.self) {
            _ = try object(#"{"metadata":{"name":"a","namespace":"n","resourceVersion":"5"},"size":"large"}"#)
        }
        #expect(error.metadata == ObjectMeta(name: "a", namespace: "n", resourceVersion: .init("5")))
        #expect(error.description.hasPrefix("n/a: size: "))
    }

    @Test("W14: knows who an object is, also when its metadata is what cannot be read")
    func unreadableMetadata() throws {
        let error = try #require(throws: UnreadableObject.self) {
            _ = try object(#"{"metadata":{"name":"a","resourceVersion":"5","generation":"x"}}"#)
        }
        #expect(error.metadata?.name == "a")
        #expect(error.metadata?.resourceVersion == ResourceVersion("5"))
    }

    @Test(
        "W14: an object without any metadata is unreadable and nobody",
        arguments: ["{}", "[]", "", "{", "null", "\"a\""]
    )
    func nobody(text: String) throws {
        let error = try #require(throws: UnreadableObject.self) { _ = try object(text) }
        #expect(error.metadata == nil)
        #expect(error.description.hasPrefix("an object without readable metadata: "))
    }

    @Test("reads the events of a watch")
    func events() throws {
        let text = #"{"metadata":{"name":"a","resourceVersion":"5"},"size":3}"#
        let thing = try object(text)
        guard case .added(thing) = event(#"{"type":"ADDED","object":\#(text)}"#),
            case .modified(thing) = event(#"{"object":\#(text),"type":"MODIFIED"}"#),
            case .deleted(thing) = event(#"{"type":"DELETED","object":\#(text)}"#)
        else {
            Issue.record("an event was not read as what it is")
            return
        }
    }

    @Test("W2: reads the version of a bookmark, which has no name and is of another shape")
    func bookmark() {
        let line =
            #"{"type":"BOOKMARK","object":{"kind":"Thing","metadata":{"resourceVersion":"12","creationTimestamp":null}}}"#
        guard case .bookmark(ResourceVersion("12")) = event(line) else {
            Issue.record("\(event(line))")
            return
        }
    }

    @Test("W3, W4: reads the status of an error, however little it says")
    func error() {
        let full = #"{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410}}"#
        guard case .error(let status) = event(full) else {
            Issue.record("\(event(full))")
            return
        }
        #expect(status.code == 410)
        #expect(status.reason == "Expired")
        guard case .error = event(#"{"type":"ERROR","object":{}}"#) else {
            Issue.record("an error without content")
            return
        }
    }

    @Test(
        "W14: reports an event that cannot be read, and how far it was",
        arguments: [
            #"{"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"7"},"size":[]}}"#,
            #"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"7","labels":[]}}}"#,
            #"{"type":"SURPRISE","object":{"metadata":{"name":"a","resourceVersion":"7"}}}"#,
            #"{"object":{"metadata":{"name":"a","resourceVersion":"7"}}}"#,
        ]
    )
    func unreadableEvent(line: String) {
        guard case .unreadable(let object) = event(line) else {
            Issue.record("\(event(line))")
            return
        }
        #expect(object.metadata?.name == "a")
        #expect(object.metadata?.resourceVersion == ResourceVersion("7"))
        #expect(!object.isDeleted)
    }

    @Test("W14: an object that cannot be read, but is gone, is known to be gone")
    func unreadableDeletion() {
        let line = #"{"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"7"},"size":[]}}"#
        guard case .unreadable(let object) = event(line) else {
            Issue.record("\(event(line))")
            return
        }
        #expect(object.isDeleted)
        #expect(object.metadata?.name == "a")
    }

    @Test(
        "W14: reports a line that is no event",
        arguments: ["{}", "x", #"{"type":"ADDED"}"#, #"{"type":5,"object":{}}"#]
    )
    func noEvent(line: String) {
        guard case .unreadable(let object) = event(line) else {
            Issue.record("\(event(line))")
            return
        }
        #expect(object.metadata == nil)
    }
}
