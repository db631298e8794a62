import KubernetesClient

/// Cuts a file into documents and reads each: YAML with `---` between them, JSON one after the other, or both mixed. What
/// one document gets wrong is no matter of the next.
enum ManifestStream {
    /// A document, or why there is none.
    typealias Result = Swift.Result<ManifestNode, ManifestJSONReader.Failure>

    /// The documents of a file in their order; empty ones are left out.
    static func documents(_ bytes: [UInt8]) -> [Result] {
        guard let text = TextFile.decode(bytes) else {
            return [.failure(.init(line: 1, message: "expected UTF-8 text"))]
        }
        var results: [Result] = []
        let text8 = Array(text.utf8)
        for part in parts(text8[...]) { read(part.bytes, line: part.line, into: &results) }
        return results
    }

    private static func read(_ bytes: ArraySlice<UInt8>, line: Int, into results: inout [Result]) {
        if let json = json(bytes, line: line) {
            var reader = ManifestJSONReader(json.bytes, line: json.line)
            var isFirst = true
            while true {
                do {
                    guard let node = try reader.next() else { return }
                    if node.value != .null { results.append(.success(node)) }
                } catch {
                    // A mapping may be written in braces in YAML too.
                    if isFirst,
                        let nodes = try? YAMLReader.documents(String(decoding: bytes, as: UTF8.self), line: line)
                    {
                        results += nodes.map { .success($0) }
                        return
                    }
                    results.append(.failure(error))
                    reader.recover()
                }
                isFirst = false
            }
        }
        do {
            results += try YAMLReader.documents(String(decoding: bytes, as: UTF8.self), line: line)
                .map { .success($0) }
        } catch {
            results.append(.failure(error))
        }
    }

    // What begins like an object or a list of objects, after a document's mark if there is one. Other braces are YAML's,
    // or a template's.
    private static func json(_ bytes: ArraySlice<UInt8>, line: Int) -> (bytes: ArraySlice<UInt8>, line: Int)? {
        var line = line
        var rest = isMark(bytes) ? bytes.dropFirst(3) : bytes
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let next = rest.dropFirst().first { !" \t\r\n".utf8.contains($0) }
                let isJSON = byte == UInt8(ascii: "{") ? "\"}" : "{]"
                return next.map(isJSON.utf8.contains) == true ? (rest, line) : nil
            default: return nil
            }
            rest = rest.dropFirst()
        }
        return nil
    }

    // At each line that begins with `---` a document begins, wherever it stands (YAML 1.1, 9.1.2); JSON has no such line.
    private static func parts(_ bytes: ArraySlice<UInt8>) -> [(bytes: ArraySlice<UInt8>, line: Int)] {
        var parts: [(bytes: ArraySlice<UInt8>, line: Int)] = []
        var start = bytes.startIndex, startLine = 1
        var position = start, line = 1
        // Directives (`%YAML 1.2`) stand before the mark of their own document.
        var hasDirective = false, hasContent = false
        while position < bytes.endIndex {
            let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
            let text = bytes[position..<end]
            if isMark(text) {
                if !hasDirective || hasContent {
                    if position > start { parts.append((bytes[start..<position], startLine)) }
                    (start, startLine) = (position, line)
                }
                hasContent = true
            } else if !hasContent {
                if text.first == UInt8(ascii: "%") {
                    hasDirective = true
                } else if let first = text.first(where: { !" \t\r".utf8.contains($0) }), first != UInt8(ascii: "#") {
                    hasContent = true
                }
            }
            if isEnd(text) { (hasDirective, hasContent) = (false, false) }
            position = end == bytes.endIndex ? end : end + 1
            line += 1
        }
        parts.append((bytes[start...], startLine))
        return parts
    }

    private static func isMark(_ line: ArraySlice<UInt8>) -> Bool { line.begins(with: "---") }
    private static func isEnd(_ line: ArraySlice<UInt8>) -> Bool { line.begins(with: "...") }
}

extension ArraySlice<UInt8> {
    // The mark alone or with a blank after it.
    fileprivate func begins(with mark: StaticString) -> Bool {
        starts(with: UnsafeBufferPointer(start: mark.utf8Start, count: 3))
            && (dropFirst(3).first.map { " \t\r\n".utf8.contains($0) } ?? true)
    }
}
