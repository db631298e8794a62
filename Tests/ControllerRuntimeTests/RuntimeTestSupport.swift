import KubernetesAPI
import Logging
import Synchronization

@testable import ControllerRuntime

/// A kind that no server knows, with one field of its own, and an older version that reads alike.
struct Thing: KubernetesObject, Equatable {
    static let resource = Resource(
        group: "example.com",
        version: "v1",
        plural: "things",
        kind: "Thing",
        isNamespaced: true
    )
    static let olderVersions = ["v1beta1"]

    var metadata: ObjectMeta
    var size: Int?
}

extension Thing {
    init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        size = try json.value("size")
    }
}

/// Holds whoever waits until it is opened, and lets all pass from then on.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Never.self)

    func wait() async { for await _ in stream {} }
    func open() { continuation.finish() }
}

/// Waits until `condition` holds; only a hang, which the suite's time limit ends, keeps it waiting.
func until(_ condition: () -> Bool) async throws {
    while !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
