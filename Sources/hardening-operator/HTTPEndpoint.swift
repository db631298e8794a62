import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// Answers HTTP on one port.
enum HTTPEndpoint {
    /// What a request for a path is answered with.
    struct Answer {
        var status = HTTPResponse.Status.ok
        var contentType = "text/plain; charset=utf-8"
        var text: String
    }

    /// How each path is answered, by the headers of the request.
    typealias Paths = [String: @Sendable (HTTPFields) -> Answer]

    /// Answers requests for `paths` until told to stop.
    ///
    /// - Parameter option: by which somebody chose the port, such as `--health-port`.
    /// - Throws: ``HTTPEndpointError`` when it cannot listen there.
    static func serve(_ paths: Paths, port: Int, option: String, logger: Logger) async throws {
        var quiet = logger
        // What matters is thrown; what else it has to say is about requests that end early.
        quiet.logLevel = .critical
        do {
            let server = try HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(120))).buildServer(
                configuration: .init(address: .hostname("0.0.0.0", port: port)),
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
                logger: quiet
            ) { request, writer, _ in
                let answer = Self.answer(request, paths)
                let body = ByteBuffer(string: answer.text)
                var fields: HTTPFields = [
                    .contentType: answer.contentType, .contentLength: "\(body.readableBytes)",
                ]
                if answer.status == .methodNotAllowed { fields[.allow] = "GET, HEAD" }
                let head = HTTPResponse(status: answer.status, headerFields: fields)
                // Whoever asks for the head gets no more (RFC 9110, section 9.3.2).
                if request.method == .head { return try await writer.writeResponse(head) }
                try await writer.write(response: head, body: .init(byteBuffer: body))
            }
            try await server.run()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw HTTPEndpointError(
                description: "\(option) \(port): cannot listen there: \(error): choose another port, or 0 for none"
            )
        }
    }

    private static func answer(_ request: Request, _ paths: Paths) -> Answer {
        guard let path = paths[request.uri.path] else {
            return Answer(status: .notFound, text: "only \(paths.keys.sorted().joined(separator: ", ")) are here\n")
        }
        guard [.get, .head].contains(request.method) else {
            return Answer(status: .methodNotAllowed, text: "only GET and HEAD are answered\n")
        }
        return path(request.headers)
    }
}

/// Why there is no such endpoint.
struct HTTPEndpointError: Error, CustomStringConvertible {
    var description: String
}
