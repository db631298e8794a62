import NIOCore

/// Reads requests off a connection: heads, and bodies of declared length. Closes it on anything else.
final class RequestReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var pending: [UInt8] = []
    private let onRequest: (ScriptedExchange) -> Void

    init(onRequest: @escaping (ScriptedExchange) -> Void) {
        self.onRequest = onRequest
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pending.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        do {
            while let request = try next() {
                onRequest(ScriptedExchange(request, on: context.channel))
            }
        } catch {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private struct NotHTTP: Error {}

    private func next() throws -> ReceivedRequest? {
        guard let end = pending.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let first = (lines.popFirst() ?? "").split(separator: " ")
        guard first.count == 3 else { throw NotHTTP() }
        let headers = try lines.map { line in
            guard let colon = line.firstIndex(of: ":") else { throw NotHTTP() }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (name: String(line[..<colon]), value: String(value))
        }
        var request = ReceivedRequest(method: String(first[0]), uri: String(first[1]), headers: headers, body: "")
        if request.header("Transfer-Encoding") != nil { throw NotHTTP() }
        let length = Int(request.header("Content-Length") ?? "0") ?? 0
        guard pending.count - end.upperBound >= length else { return nil }
        request.body = String(decoding: pending[end.upperBound..<end.upperBound + length], as: UTF8.self)
        pending.removeFirst(end.upperBound + length)
        return request
    }
}
