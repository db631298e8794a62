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

/// A port that nobody listens on.
func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
    }
    try #require(isBound)
    return Int(UInt16(bigEndian: address.sin_port))
}
