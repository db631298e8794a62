import Foundation
import Testing

/// `docs/runtime.md` says which tests show each of its behaviours, by the ids that their names begin with.
@Suite struct RuntimeDocumentTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The files whose tests bear each id.
    private static func filesByID() throws -> [String: Set<String>] {
        let tests = root.appending(path: "Tests")
        let files = try #require(FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil))
        var found: [String: Set<String>] = [:]
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for name in text.matches(of: #/@(?:Test|Suite)\(\s*"([A-Z][A-Z0-9, -]*\d): /#) {
                for id in name.output.1.split(separator: ", ") {
                    found[String(id), default: []].insert(file.deletingPathExtension().lastPathComponent)
                }
            }
        }
        return found
    }

    private struct Row {
        var id: String
        var tests: Set<String>
        var says: String
    }

    private static func rows() throws -> [Row] {
        let text = try String(contentsOf: root.appending(path: "docs/runtime.md"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard let id = cells.first, id.wholeMatch(of: #/[A-Z](-?[A-Z])?\d+/#) != nil else { return nil }
            let names = cells.last?.matches(of: #/`(\w+)`/#).map { String($0.output.1) } ?? []
            return Row(id: id, tests: Set(names), says: cells.last ?? "")
        }
    }

    @Test("Each behaviour names the files with the tests that bear its id, or says why there is none")
    func tested() throws {
        let files = try Self.filesByID()
        let rows = try Self.rows()
        #expect(rows.count > 100)
        for row in rows {
            if row.says.hasPrefix("none: ") {
                #expect(files[row.id] == nil, "\(row.id) has a test")
            } else {
                #expect(!row.tests.isEmpty && row.tests == files[row.id], "\(row.id): \(files[row.id]?.sorted() ?? [])")
            }
        }
    }

    @Test("Each id that a test bears stands in the document, once")
    func documented() throws {
        let ids = try Self.rows().map(\.id)
        #expect(ids.count == Set(ids).count)
        #expect(try Set(Self.filesByID().keys).subtracting(ids).sorted() == [])
    }
}
