import Hummingbird
import Logging

/// Answers HTTP on one port.
enum HTTPEndpoint {
    /// Answers by `router` until told to stop.
    ///
    /// - Parameter option: by which somebody chose the port, such as `--health-port`.
    /// - Throws: ``HTTPEndpointError`` when it cannot listen there.
    static func serve(
        _ router: Router<BasicRequestContext>,
        port: Int,
        option: String,
        logger: Logger
    ) async throws {
        var quiet = logger
        // What matters is thrown; what else it has to say is about requests that end early.
        quiet.logLevel = .critical
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("0.0.0.0", port: port)),
            logger: quiet
        )
        do {
            try await application.run()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw HTTPEndpointError(
                description: "\(option) \(port): cannot listen there: \(error): choose another port, or 0 for none"
            )
        }
    }
}

/// Why there is no such endpoint.
struct HTTPEndpointError: Error, CustomStringConvertible {
    var description: String
}
