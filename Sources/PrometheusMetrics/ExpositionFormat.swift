/// How metrics are written for whoever scrapes them.
public enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// Prometheus' text format 0.0.4.
    case text
    /// OpenMetrics 1.0.0.
    case openMetrics

    /// What to send as `Content-Type`.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What a client that sends `accept` is answered with: OpenMetrics if it is asked for by name and not wanted less than
    /// the text format, which is what everyone else gets. A range such as `*/*` asks for nothing by name.
    ///
    /// Source: RFC 9110, 12.5.1. Nobody is answered 406: a client that takes neither is better off with the text format.
    public init(accept: String?) {
        let ranges = (accept ?? "").split(separator: ",").compactMap(Range.init)
        func quality(_ types: [(type: String, version: String)]) -> Double? {
            for (type, version) in types {
                let fitting = ranges.filter { $0.type == type && ($0.version ?? version) == version }
                if let best = fitting.map(\.quality).max() { return best }
            }
            return nil
        }
        guard let open = quality([("application/openmetrics-text", "1.0.0")]), open > 0 else {
            self = .text
            return
        }
        let text = quality([("text/plain", "0.0.4"), ("text/*", "0.0.4"), ("*/*", "0.0.4")]) ?? 0
        self = open >= text ? .openMetrics : .text
    }

    private struct Range {
        var type: String
        var version: String?
        var quality = 1.0

        init?(_ text: some StringProtocol) {
            let parts = text.split(separator: ";").map { part in
                String(String.UnicodeScalarView(part.unicodeScalars.filter { $0 != " " && $0 != "\t" })).lowercased()
            }
            guard let type = parts.first, !type.isEmpty else { return nil }
            self.type = type
            for parameter in parts.dropFirst() {
                let pair = parameter.split(separator: "=", maxSplits: 1)
                guard pair.count == 2 else { continue }
                switch pair[0] {
                case "q":
                    // What is no quality counts as none.
                    let quality = Double(pair[1]) ?? 0
                    self.quality = 0...1 ~= quality ? quality : 0
                case "version": version = pair[1].filter { $0 != "\"" }
                default: continue
                }
            }
        }
    }
}
