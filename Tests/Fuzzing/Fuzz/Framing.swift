@testable import KubernetesClient

/// Lines and items are the same, however the bytes are cut: the first 8 bytes say how, the rest is cut.
func fuzzFraming(_ input: Input) {
    guard input.bytes.count > 8 else { return }
    let sizes = input.bytes.prefix(8).map { Int($0 % 32) + 1 }
    let body = input.bytes.dropFirst(8)
    var chunks: [ArraySlice<UInt8>] = []
    var rest = body
    while !rest.isEmpty {
        let size = sizes[chunks.count % sizes.count]
        chunks.append(rest.prefix(size))
        rest = rest.dropFirst(size)
    }
    for limit in [16, 64, LineFramer.defaultLimit] {
        let lines = Framed([body], limit: limit)
        law(lines == Framed(chunks, limit: limit), "lines depend on how the bytes are cut, at a limit of \(limit)")
        let items = Split([body], limit: limit)
        law(items == Split(chunks, limit: limit), "items depend on how the bytes are cut, at a limit of \(limit)")
        let frames = Frames([body], limit: limit)
        law(frames == Frames(chunks, limit: limit), "frames depend on how the bytes are cut, at a limit of \(limit)")
        let messages = Messages([body], limit: limit)
        law(
            messages == Messages(chunks, limit: limit),
            "messages depend on how the bytes are cut, at a limit of \(limit)"
        )
    }
    let lines = Framed(chunks, limit: LineFramer.defaultLimit)
    let expected = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    law(lines.pieces == expected.dropLast().filter { !$0.isEmpty }.map(Array.init), "lines are lost or made up")
    law(lines.isWhole == (expected.last?.isEmpty ?? true), "the end is taken for another")
}

/// What came out of a stream: pieces, whether it ended where it may, and whether it was refused.
private struct Framed: Equatable {
    var pieces: [[UInt8]] = []
    var isWhole = false
    var isRefused = false

    init(_ chunks: [ArraySlice<UInt8>], limit: Int) {
        var framer = LineFramer(limit: limit)
        do {
            for chunk in chunks {
                try chunk.withUnsafeBytes { try framer.consume($0) { pieces.append(Array($0)) } }
            }
            isWhole = framer.isAtLineStart
        } catch {
            isRefused = true
        }
    }
}

private struct Split: Equatable {
    var items: [[UInt8]] = []
    var envelope: [UInt8] = []
    var isComplete = false
    var isRefused = false

    init(_ chunks: [ArraySlice<UInt8>], limit: Int) {
        var splitter = ListSplitter(limit: limit)
        do {
            for chunk in chunks {
                try chunk.withUnsafeBytes { try splitter.consume($0) { items.append(Array($0)) } }
            }
            envelope = splitter.envelope
            isComplete = splitter.isComplete
        } catch {
            isRefused = true
        }
    }
}

private struct Frames: Equatable {
    var pieces: [[UInt8]] = []
    var isWhole = false
    var isRefused = false

    init(_ chunks: [ArraySlice<UInt8>], limit: Int) {
        var framer = LengthFramer(limit: limit)
        do {
            for chunk in chunks {
                try chunk.withUnsafeBytes { try framer.consume($0) { pieces.append(Array($0)) } }
            }
            isWhole = framer.isAtFrameStart
        } catch {
            isRefused = true
        }
    }
}

private struct Messages: Equatable {
    var items: [[UInt8]] = []
    var metadata: [UInt8] = []
    var isComplete = false
    var isRefused = false

    init(_ chunks: [ArraySlice<UInt8>], limit: Int) {
        var splitter = ProtobufListSplitter(kind: "Pod", limit: limit)
        do {
            for chunk in chunks {
                try chunk.withUnsafeBytes { try splitter.consume($0) { items.append(Array($0)) } }
            }
            metadata = splitter.metadata
            isComplete = splitter.isComplete
        } catch {
            isRefused = true
        }
    }
}
