import Foundation
import KubernetesAPI
import Synchronization
import Testing

@testable import KubernetesClient

/// A directory that is gone when the test is.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "kubernetes-client-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try write([UInt8](text.utf8), to: name)
    }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = self(name)
        try FileManager.default.createDirectory(
            atPath: SmallFile.directory(of: file),
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: self(name))
    }

    /// Points `name` at `target` in one step, as the kubelet does with `..data`.
    func swapSymlink(_ name: String, to target: String) throws {
        let temporary = self(name + ".new")
        try FileManager.default.createSymbolicLink(atPath: temporary, withDestinationPath: target)
        try #require(rename(temporary, self(name)) == 0)
    }
}

/// A clock that moves when told.
final class ManualClock: Sendable {
    private let start = ContinuousClock.now
    private let elapsed = Mutex(Duration.zero)

    var now: ContinuousClock.Instant { start.advanced(by: elapsed.withLock { $0 }) }
    func advance(by duration: Duration) { elapsed.withLock { $0 += duration } }
}

/// Holds whoever waits until it is opened.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func wait() async {
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
        isOpen = true
        waiting.forEach { $0.resume() }
        waiting = []
    }
}

/// Text that passes for a certificate, or a key, and its base64.
enum FakePEM {
    static let certificate = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n"
    static let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    static let certificateBase64 = Data(certificate.utf8).base64EncodedString()
    static let keyBase64 = Data(key.utf8).base64EncodedString()
}

/// The message of the `ConfigurationError` that `body` throws.
func configurationError(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) throws -> String {
    try #require(throws: ConfigurationError.self, sourceLocation: sourceLocation) { try body() }.message
}

/// The message of the `ConfigurationError` that `body` throws.
func configurationError(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws -> String {
    try await #require(throws: ConfigurationError.self, sourceLocation: sourceLocation) { try await body() }.message
}

/// A kubeconfig with one context `c`, of cluster `k` and user `u`, whose entries are given as flow mappings.
func kubeconfig(
    cluster: String = "{server: https://example:6443}",
    user: String = "{}",
    context: String = ""
) -> String {
    """
    apiVersion: v1
    kind: Config
    current-context: c
    clusters: [{name: k, cluster: \(cluster)}]
    users: [{name: u, user: \(user)}]
    contexts: [{name: c, context: {cluster: k, user: u\(context)}}]
    """
}

/// The configuration that a kubeconfig at `/etc/kube/config` with this text gives.
func configuration(
    _ text: String,
    context: String? = nil,
    allowsInsecureTLS: Bool = false
) throws -> ClusterConfiguration {
    try Kubeconfig(parsing: [UInt8](text.utf8), file: "/etc/kube/config")
        .configuration(context: context, allowsInsecureTLS: allowsInsecureTLS)
}
