import KubernetesAPI
import TestSupport

@testable import Hardening

/// LimitRanges and pods at random, of few amounts, so that they meet.
enum RandomLimits {
    private static let amounts = ["0", "1", "100m", "2", "500m", "1500m", "4"]

    /// Up to three LimitRanges; each by itself is one that the server takes.
    static func ranges(using random: inout SeededGenerator) -> [[LimitRange.Item]] {
        var ranges: [[LimitRange.Item]] = []
        while ranges.count < 3, Int.random(in: 0..<4, using: &random) > 0 {
            let types: [LimitRange.LimitType] = [.container, .pod].filter { _ in Bool.random(using: &random) }
            let items = types.map { item($0, using: &random) }
            if !items.isEmpty, items.problems(at: "").isEmpty { ranges.append(items) }
        }
        return ranges
    }

    private static func item(_ type: LimitRange.LimitType, using random: inout SeededGenerator) -> LimitRange.Item {
        var item = LimitRange.Item(type: type)
        for resource in ["cpu", "memory", "example.com/gpu"] {
            for field in LimitTable.Field.allCases where Int.random(in: 0..<3, using: &random) == 0 {
                item[field] = (item[field] ?? [:]).merging([resource: amount(resource, using: &random)]) { $1 }
            }
        }
        return item
    }

    private static func amount(_ resource: String, using random: inout SeededGenerator) -> String {
        let whole = resource == "example.com/gpu"
        return amounts.filter { !whole || !$0.hasSuffix("m") }.randomElement(using: &random) ?? "1"
    }

    /// What a pod of up to three containers and two init containers asks for.
    static func resources(using random: inout SeededGenerator) -> PodResources {
        func container(_ name: String) -> Container {
            var container = Container(name: name)
            for resource in ["cpu", "memory", "example.com/gpu"] where Bool.random(using: &random) {
                if Bool.random(using: &random) {
                    container.resources.requests[resource] = amount(resource, using: &random)
                }
                if Bool.random(using: &random) {
                    container.resources.limits[resource] = amount(resource, using: &random)
                }
            }
            return container
        }
        return PodResources(
            PodSpec(
                initContainers: (0..<Int.random(in: 0..<3, using: &random)).map { container("i\($0)") },
                containers: (0..<Int.random(in: 1..<4, using: &random)).map { container("c\($0)") }
            )
        )
    }
}
