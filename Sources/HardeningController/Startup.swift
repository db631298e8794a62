import Hardening
import KubernetesAPI
import KubernetesClient
import Logging

/// What `/version` says.
public struct ServerVersion: Sendable, JSONReadable {
    /// `v1.36.2`, perhaps with a vendor's suffix.
    public var gitVersion: String
    private var minor: String

    /// N of 1.N; vendors write `20+`.
    public var minorNumber: Int { Int(minor.prefix { $0.isASCII && $0.isNumber }) ?? 0 }

    /// Reads the answer.
    public init(json: JSONReader) throws(JSONError) {
        gitVersion = try json.required("gitVersion")
        minor = try json.required("minor")
    }
}

/// Why the operator cannot begin, in a line that says what to do.
public struct StartupError: Error, Sendable, CustomStringConvertible {
    /// The line.
    public var description: String
}

/// Finds out whether the cluster is there and knows profiles.
public enum Startup {
    // The plural names of what a group serves.
    private struct ResourceList: Sendable, JSONReadable {
        var names: [String] = []

        init(json: JSONReader) throws(JSONError) {
            try json.member("resources")?.forEachElement { (resource) throws(JSONError) in
                names.append(try resource.required("name"))
            }
        }
    }

    private static let interval = Duration.milliseconds(500)

    /// Waits until the API server answers and serves profiles.
    ///
    /// - Parameter timeout: how long to go on trying.
    /// - Returns: the server's version.
    /// - Throws: ``StartupError`` with the last obstacle once the time is up; `CancellationError`.
    public static func waitForCluster(
        _ client: KubernetesClient,
        timeout: Duration,
        logger: Logger
    ) async throws -> ServerVersion {
        let deadline = ContinuousClock.now + timeout
        var hasSaidSo = false
        while true {
            let obstacle: StartupError
            do {
                let version = try await client.get(ServerVersion.self, path: "/version")
                if let missing = try await missingProfiles(client) {
                    obstacle = missing
                } else {
                    return version
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                obstacle = explain(error, client.origin)
            }
            guard .now + interval < deadline else { throw obstacle }
            if !hasSaidSo {
                hasSaidSo = true
                logger.warning("waiting for the cluster", metadata: ["reason": "\(obstacle)", "for": "\(timeout)"])
            }
            try await Task.sleep(for: interval)
        }
    }

    private static func missingProfiles(_ client: KubernetesClient) async throws -> StartupError? {
        let resource = HardeningProfile.resource
        let remedy = "install the CRD: kubectl apply -f crds/hardeningprofiles.yaml"
        do {
            let list = try await client.get(ResourceList.self, path: "/apis/\(resource.group)/\(resource.version)")
            if list.names.contains(resource.plural) { return nil }
        } catch let error as APIError where error.isNotFound {
            // Said below.
        }
        return StartupError(description: "the cluster (\(client.origin)) does not know \(resource): \(remedy)")
    }

    private static func explain(_ error: any Error, _ origin: String) -> StartupError {
        switch error {
        case let error as APIError where error.isUnauthorized:
            StartupError(description: "\(origin): the API server does not accept the credentials (401): renew them")
        case let error as APIError where error.isForbidden:
            StartupError(description: "\(origin): \(error): grant what manifests/rbac.yaml grants")
        default:
            StartupError(description: "\(origin): \(error)")
        }
    }
}
