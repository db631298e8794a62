/// What the operator takes at one size.
struct GrowthPoint: Sendable, Codable {
    var size: Size
    var start: OperatorStart
    var podEvent: PodEventCost
}

/// What the operator takes at several sizes: whether an event, a pod or a namespace costs the same in all of them.
struct Growth: Sendable, Codable {
    /// In ascending order of their sizes.
    var points: [GrowthPoint]

    /// Something that should be the same at every size.
    private struct Quantity {
        var what: String
        var unit: Unit
        /// One for each point; `nil` where it cannot be said.
        var values: [Double?]

        /// The last by the first.
        var ratio: Double? {
            let known = values.compactMap { $0 }
            guard known.count > 1, let first = known.first, let last = known.last, first > 0 else { return nil }
            return last / first
        }
    }

    private var quantities: [Quantity] {
        func each(_ what: String, _ unit: Unit, _ value: (GrowthPoint) -> Double) -> Quantity {
            Quantity(what: what, unit: unit, values: points.map(value))
        }
        // From size to size, so that what the program takes at any size does not count. A pod's share of its namespace is
        // in it.
        func further(_ what: String, _ bytes: (GrowthPoint) -> Double) -> Quantity {
            let steps = zip(points, points.dropFirst()).map { less, more in
                (bytes(more) - bytes(less)) / Double(more.size.pods - less.size.pods)
            }
            return Quantity(what: what, unit: .bytes, values: [nil] + steps)
        }
        return [
            each("CPU of a pod event", .microseconds) { $0.podEvent.seconds * 1e6 },
            each("CPU of a cold start, a namespace", .milliseconds) {
                $0.start.start.cpuSeconds * 1000 / Double($0.size.namespaces)
            },
            each("requests of a cold start, a namespace", .count) {
                Double($0.start.start.requestsForGood) / Double($0.size.namespaces)
            },
            further("heap, a further pod", \.start.figures.anonymousBytes),
            further("peak memory, a further pod", \.start.figures.peakBytes),
        ]
    }

    /// A table, a column for each size, and a drawing of its rows.
    var text: String {
        guard !points.isEmpty else { return "" }
        func mebibytes(_ what: String, _ bytes: (GrowthPoint) -> Double) -> [String] {
            [what] + points.map { Unit.mebibytes.text(bytes($0) / Measurement.mebi) } + [""]
        }
        var rows = [["namespaces"] + points.map { "\($0.size.namespaces)" } + ["last : first"]]
        rows.append(["pods"] + points.map { "\($0.size.pods)" } + [""])
        for quantity in quantities {
            let cells = quantity.values.map { $0.map(quantity.unit.text) ?? "" }
            rows.append([quantity.what] + cells + [quantity.ratio.map { $0.text(digits: 2) + " ×" } ?? ""])
        }
        rows.append(mebibytes("heap", \.start.figures.anonymousBytes))
        rows.append(mebibytes("peak memory", \.start.figures.peakBytes))
        return Table.aligned(rows).joined(separator: "\n") + "\n\n" + drawing
    }

    // A bar for each value, the longest of each quantity as long as any.
    private var drawing: String {
        let names = points.map { "\($0.size.namespaces)" }
        let width = names.map(\.count).max() ?? 0
        return quantities.map { quantity in
            let most = quantity.values.compactMap { $0 }.max() ?? 0
            let bars = zip(names, quantity.values).compactMap { name, value in
                value.map { value in
                    let length = most > 0 ? Int((40 * max(0, value) / most).rounded()) : 0
                    let bar = String(repeating: "█", count: length) + String(repeating: " ", count: 40 - length)
                    let margin = String(repeating: " ", count: width - name.count)
                    return "  \(margin)\(name)  \(bar)  \(quantity.unit.text(value))\n"
                }
            }
            return "\(quantity.what), by namespaces\n" + bars.joined()
        }.joined(separator: "\n")
    }
}
