import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What the operator answers, such as `200 ok\n`; `nil` while nobody listens.
func get(_ path: String, _ port: Int) async -> String? {
    guard let url = URL(string: "http://127.0.0.1:\(port)/\(path)"),
        let (data, response) = try? await URLSession.shared.data(from: url),
        let status = (response as? HTTPURLResponse)?.statusCode
    else { return nil }
    return "\(status) \(String(decoding: data, as: UTF8.self))"
}

/// The samples that the operator exposes.
func scrape(_ port: Int) async throws -> Samples { Samples(try #require(await get("metrics", port))) }

/// A sample of an exposition.
struct Sample {
    var name: String
    var labels: [String: String] = [:]
    var value: Double
}

/// The samples of an exposition whose label values have nothing that needs escaping.
typealias Samples = [Sample]

extension Samples {
    init(_ text: String) {
        self = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                return nil
            }
            let parts = line[..<space].split(separator: "{", maxSplits: 1)
            var sample = Sample(name: String(parts[0]), value: value)
            for label in parts.dropFirst().first?.dropLast().split(separator: ",") ?? [] {
                let pair = label.split(separator: "=", maxSplits: 1)
                sample.labels[String(pair[0])] = String(pair[1].dropFirst().dropLast())
            }
            return sample
        }
    }

    func value(_ name: String, _ labels: [String: String]) -> Double? {
        first { $0.name == name && $0.labels == labels }?.value
    }

    func sum(_ name: String, _ labels: [String: String]) -> Double {
        filter { sample in sample.name == name && labels.allSatisfy { sample.labels[$0] == $1 } }
            .map(\.value).reduce(0, +)
    }
}
