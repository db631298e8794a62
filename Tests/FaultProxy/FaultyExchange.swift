import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// One request, passed on and answered, well or badly.
struct FaultyExchange {
    let head: HTTPRequestHead
    let body: ByteBuffer
    let outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    let state: FaultState
    let client: HTTPClient
    let upstream: String

    /// Answers the request.
    ///
    /// - Returns: whether the connection may be used again.
    func run() async throws -> Bool {
        let request = ProxiedRequest(method: head.method.rawValue, uri: head.uri)
        let (index, fault) = state.admit(request)
        if let answer = fault.flatMap({ Answer.instead($0, of: request) }) {
            try await send(answer, index)
            return true
        }
        switch fault {
        case .connectionsRefused: return false
        case .silence:
            try await waitForChange()
            return false
        case .slow: try await Task.sleep(for: .seconds(2))
        default: break
        }
        // A page of one, so that there is a second.
        let uri =
            fault == .gonePage && request.isList ? head.uri.replacing(/limit=\d+/, with: "limit=1") : head.uri
        var onward = HTTPClientRequest(url: upstream + uri)
        onward.method = head.method
        for (name, value) in head.headers
        where !["host", "connection", "content-length", "transfer-encoding"].contains(name.lowercased()) {
            onward.headers.add(name: name, value: value)
        }
        if body.readableBytes > 0 { onward.body = .bytes(body) }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(onward, deadline: .distantFuture)
        } catch let error where !(error is CancellationError) && !Task.isCancelled {
            // The API server itself is away: so is the proxy.
            return false
        }
        state.answered(index, Int(response.status.code))
        return request.isWatch && response.status == .ok
            ? try await relay(response, fault, request) : try await pass(response, fault, request)
    }

    // MARK: Answers with an end

    private func pass(_ response: HTTPClientResponse, _ fault: Fault?, _ request: ProxiedRequest) async throws -> Bool {
        var bytes = try await response.body.collect(upTo: 256 << 20)
        if request.isList, request.value("continue") == nil {
            let first = state.firstList(request.selection, bytes)
            if fault == .staleLists, request.asksForVersion { bytes = first }
        }
        if request.isList, fault == .duplicatedItems || fault == .reorderedItems {
            bytes = try rearranged(bytes, duplicating: fault == .duplicatedItems)
        }
        if fault == .truncatedJSON { bytes = bytes.firstHalf }
        var headers = passedOn(response.headers)
        if fault != .splitEveryByte {
            headers.add(name: "Content-Length", value: String(bytes.readableBytes))
        }
        try await begin(response.status, headers)
        if fault == .cutMidFrame {
            try await write(bytes.firstHalf)
            return false
        }
        try await write(bytes, split: fault == .splitEveryByte)
        try await outbound.write(.end(nil))
        return true
    }

    private func rearranged(_ bytes: ByteBuffer, duplicating: Bool) throws -> ByteBuffer {
        guard var list = try JSONSerialization.jsonObject(with: Data(bytes.readableBytesView)) as? [String: Any],
            var items = list["items"] as? [Any]
        else { return bytes }
        if duplicating { items += items } else { state.shuffle(&items) }
        list["items"] = items
        return ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: list, options: .withoutEscapingSlashes))
    }

    // MARK: Streams

    private func relay(_ response: HTTPClientResponse, _ fault: Fault?, _ request: ProxiedRequest) async throws -> Bool
    {
        let epoch = state.epoch
        try await begin(response.status, passedOn(response.headers))
        if fault == .bookmarksOnly { return try await holdBack(response, request) }
        if fault == .unknownEvent { try await write(Self.unknownEvent) }
        for try await line in Lines(response.body) {
            // Lets the stream dry up without a word.
            if state.isOn(.silence), state.epoch != epoch {
                try await waitForChange()
                return false
            }
            switch fault {
            case .cutMidFrame:
                try await write(line.firstHalf)
                return false
            case .truncatedJSON:
                var half = line.firstHalf
                half.writeString("\n")
                try await write(half)
            case .invalidJSON: try await write(ByteBuffer(string: "<p>an error page</p>\n"))
            case .largeObject: try await write(line.padded())
            case .unknownEvent:
                try await write(Self.unknownEvent)
                try await write(line)
            default: try await write(line, split: fault == .splitEveryByte)
            }
        }
        try await outbound.write(.end(nil))
        return true
    }

    // Events wait until the fault ends; meanwhile there are bookmarks of the version that the watch began at.
    private func holdBack(_ response: HTTPClientResponse, _ request: ProxiedRequest) async throws -> Bool {
        let epoch = state.epoch
        let version = request.value("resourceVersion") ?? "0"
        let bookmark = ByteBuffer(
            string: #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"\#(version)"}}}"# + "\n"
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while state.epoch == epoch {
                    try await write(bookmark)
                    try await Task.sleep(for: .milliseconds(500))
                }
            }
            group.addTask {
                for try await line in Lines(response.body) {
                    while state.epoch == epoch { try await Task.sleep(for: .milliseconds(10)) }
                    try await write(line)
                }
            }
            try await group.waitForAll()
            try await outbound.write(.end(nil))
            return true
        }
    }

    private static let unknownEvent = ByteBuffer(
        string: #"{"type":"RENAMED","object":{"kind":"Unknown","metadata":{"name":"unknown"}}}"# + "\n"
    )

    private func waitForChange() async throws {
        let epoch = state.epoch
        while state.epoch == epoch { try await Task.sleep(for: .milliseconds(10)) }
    }

    // MARK: Writing

    private func send(_ answer: Answer, _ index: Int) async throws {
        state.answered(index, answer.status)
        var headers = HTTPHeaders([
            ("Content-Type", answer.contentType), ("Content-Length", String(answer.body.utf8.count)),
        ])
        if let seconds = answer.retryAfter { headers.add(name: "Retry-After", value: String(seconds)) }
        try await begin(HTTPResponseStatus(statusCode: answer.status), headers)
        try await write(ByteBuffer(string: answer.body))
        try await outbound.write(.end(nil))
    }

    private func begin(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) async throws {
        try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
    }

    private func passedOn(_ headers: HTTPHeaders) -> HTTPHeaders {
        HTTPHeaders(
            headers.filter {
                !["content-length", "transfer-encoding", "connection"].contains($0.name.lowercased())
            }
        )
    }

    private func write(_ bytes: ByteBuffer, split: Bool = false) async throws {
        guard split else { return try await outbound.write(.body(.byteBuffer(bytes))) }
        var bytes = bytes
        while let some = bytes.readSlice(length: min(4096, bytes.readableBytes)), some.readableBytes > 0 {
            try await outbound.write(
                contentsOf: some.readableBytesView.map { .body(.byteBuffer(ByteBuffer(bytes: [$0]))) }
            )
        }
    }
}
