import CoreMetrics
import Testing

@testable import PrometheusMetrics

@Suite struct RegistryTests {
    private let registry = PrometheusRegistry()

    private func text(_ format: ExpositionFormat = .text) -> String { registry.exposition(format) }

    /// One metric of each kind, made in no particular order.
    private func fill() {
        registry.describe("http_requests_total", "Requests, by \"code\".\nBack\\slash.")
        registry.describe("temperature_celsius", "How warm it is.")
        registry.describe("work_seconds", "How long work took.")
        Timer(label: "work_seconds", dimensions: [("queue", "a")], factory: registry).recordNanoseconds(30_000_000)
        Timer(label: "work_seconds", dimensions: [("queue", "a")], factory: registry).recordNanoseconds(400_000_000_000)
        Meter(label: "temperature_celsius", factory: registry).set(-3.5)
        let requests = Counter(
            label: "http_requests_total",
            dimensions: [("method", "PUT"), ("code", "500")],
            factory: registry
        )
        requests.increment(by: 2)
        requests.increment()
        Counter(label: "http_requests_total", dimensions: [("code", "200"), ("method", "GET")], factory: registry)
            .increment()
    }

    @Test("The text format is as Prometheus describes it, in an order of names and labels alone")
    func textFormat() {
        fill()
        #expect(
            text() == #"""
                # HELP http_requests_total Requests, by "code".\nBack\\slash.
                # TYPE http_requests_total counter
                http_requests_total{code="200",method="GET"} 1
                http_requests_total{code="500",method="PUT"} 3
                # HELP temperature_celsius How warm it is.
                # TYPE temperature_celsius gauge
                temperature_celsius -3.5
                # HELP work_seconds How long work took.
                # TYPE work_seconds histogram
                work_seconds_bucket{queue="a",le="0.001"} 0
                work_seconds_bucket{queue="a",le="0.005"} 0
                work_seconds_bucket{queue="a",le="0.01"} 0
                work_seconds_bucket{queue="a",le="0.025"} 0
                work_seconds_bucket{queue="a",le="0.05"} 1
                work_seconds_bucket{queue="a",le="0.1"} 1
                work_seconds_bucket{queue="a",le="0.25"} 1
                work_seconds_bucket{queue="a",le="0.5"} 1
                work_seconds_bucket{queue="a",le="1.0"} 1
                work_seconds_bucket{queue="a",le="2.5"} 1
                work_seconds_bucket{queue="a",le="5.0"} 1
                work_seconds_bucket{queue="a",le="10.0"} 1
                work_seconds_bucket{queue="a",le="30.0"} 1
                work_seconds_bucket{queue="a",le="60.0"} 1
                work_seconds_bucket{queue="a",le="300.0"} 1
                work_seconds_bucket{queue="a",le="+Inf"} 2
                work_seconds_sum{queue="a"} 400.03
                work_seconds_count{queue="a"} 2

                """#
        )
    }

    @Test(
        "OpenMetrics differs where it must: a counter's family is bare, quotation marks in help are escaped, # EOF ends it"
    )
    func openMetrics() {
        fill()
        let lines = text(.openMetrics).split(separator: "\n")
        #expect(
            lines.prefix(4) == [
                #"# HELP http_requests Requests, by \"code\".\nBack\\slash."#,
                "# TYPE http_requests counter",
                #"http_requests_total{code="200",method="GET"} 1"#,
                #"http_requests_total{code="500",method="PUT"} 3"#,
            ]
        )
        #expect(lines.last == "# EOF")
        #expect(lines.dropFirst(2).dropLast() == text().split(separator: "\n").dropFirst(2)[...])
        #expect(PrometheusRegistry().exposition(.openMetrics) == "# EOF\n")
        #expect(PrometheusRegistry().exposition(.text) == "")
    }

    @Test(
        "A label's value can neither end its quotation nor its line, nor move a terminal's cursor",
        arguments: [
            (#"a"b"#, #"a\"b"#), (#"a\"#, #"a\\"#), ("a\nb", #"a\nb"#), ("a\\nb", #"a\\nb"#),
            ("\r\u{1b}[31m", "\u{FFFD}\u{FFFD}[31m"),
            ("a\u{85}\u{2028}\u{202E}\0", "a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
            ("Zürich 🏔", "Zürich 🏔"), ("", ""),
            (String(repeating: "é", count: 500), String(repeating: "é", count: 128)),
        ]
    )
    func escaping(value: String, written: String) {
        Meter(label: "m", dimensions: [("l", value)], factory: registry).set(1)
        #expect(text() == "# TYPE m gauge\nm{l=\"\(written)\"} 1\n")
    }

    @Test(
        "Names become what the format allows",
        arguments: [
            ("http.requests", "l", "http_requests{l=\"v\"}"), ("9lives", "l", "_9lives{l=\"v\"}"),
            ("a:b", "c:d", "a:b{c_d=\"v\"}"), ("a\nb", "x y", "a_b{x_y=\"v\"}"), ("", "", "_{_=\"v\"}"),
            ("grün", "le", "gr_n{exported_le=\"v\"}"), ("m", "__name__", "m{exported___name__=\"v\"}"),
            ("m", "0", "m{_0=\"v\"}"),
        ]
    )
    func names(metric: String, label: String, sample: String) {
        Meter(label: metric, dimensions: [(label, "v")], factory: registry).set(1)
        #expect(text().split(separator: "\n").last == "\(sample) 1")
    }

    @Test("A counter's name ends in _total, once, and its help is found under either name")
    func totals() {
        registry.describe("a", "Help.")
        Counter(label: "a", factory: registry).increment()
        Counter(label: "b_total", factory: registry).increment()
        #expect(
            text() == "# HELP a_total Help.\n# TYPE a_total counter\na_total 1\n# TYPE b_total counter\nb_total 1\n"
        )
    }

    @Test("The same labels in another order are the same series; of two labels with one name, the first counts")
    func sameSeries() {
        Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "c", dimensions: [("b", "2"), ("a", "1"), ("b", "3")], factory: registry).increment()
        #expect(text() == "# TYPE c_total counter\nc_total{a=\"1\",b=\"2\"} 2\n")
    }

    @Test("Counters never fall and never overflow; reset begins anew")
    func counters() {
        let counter = Counter(label: "c", factory: registry)
        counter.increment(by: 5)
        counter.increment(by: -3)
        #expect(text().hasSuffix("c_total 5\n"))
        counter.increment(by: Int64.max)
        #expect(text().hasSuffix("c_total 9223372036854775807\n"))
        counter.reset()
        #expect(text().hasSuffix("c_total 0\n"))
        let amounts = FloatingPointCounter(label: "d", factory: registry)
        for amount in [0.25, -1, .nan, .infinity, 0.5] { amounts.increment(by: amount) }
        #expect(text().hasSuffix("d_total 0.75\n"))
    }

    @Test("Gauges hold what was last set, and write what is no number as the formats do")
    func gauges() {
        let meter = Meter(label: "m", factory: registry)
        func value() -> Substring? { text().split(separator: "\n").last }
        meter.set(2)
        meter.increment(by: 0.5)
        meter.decrement(by: 4.0)
        #expect(value() == "m -1.5")
        for (number, written) in [(Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (1e-7, "1e-07")] {
            meter.set(number)
            #expect(value() == "m \(written)")
        }
        meter.set(Int64.min)
        #expect(value() == "m -9223372036854775808")
        Gauge(label: "z", factory: registry).record(7)
        #expect(value() == "z 7")
    }

    @Test("A histogram's bounds are inclusive; it leaves out what is negative or no number")
    func histograms() {
        let recorder = Recorder(label: "h", aggregate: true, factory: registry)
        for value in [0, 1, 1.5, 10, 1e9, -1, .nan, .infinity] { recorder.record(value) }
        let lines = text().split(separator: "\n")
        #expect(lines.contains(#"h_bucket{le="1.0"} 2"#))
        #expect(lines.contains(#"h_bucket{le="10.0"} 4"#))
        #expect(lines.contains(#"h_bucket{le="1000000.0"} 4"#))
        #expect(lines.contains(#"h_bucket{le="+Inf"} 5"#))
        #expect(lines.contains("h_count 5"))
        #expect(lines.contains("h_sum 1000000012.5"))
    }

    @Test("A series beyond the limit works for its owner, is not shown, and is counted by metric")
    func seriesLimit() {
        var limits = PrometheusRegistry.Limits()
        limits.seriesPerMetric = 2
        let registry = PrometheusRegistry(limits: limits)
        for value in ["a", "b", "c", "d", "a"] {
            Counter(label: "c", dimensions: [("l", value)], factory: registry).increment()
        }
        #expect(
            registry.exposition(.text) == """
                # TYPE c_total counter
                c_total{l="a"} 2
                c_total{l="b"} 1
                # HELP prometheus_dropped_series_total Series that were not kept, by metric: there are too many, or the name is taken.
                # TYPE prometheus_dropped_series_total counter
                prometheus_dropped_series_total{metric="c_total"} 2

                """
        )
    }

    @Test("Metrics beyond the limit are counted together, so that counting them is bounded, too")
    func metricLimit() {
        var limits = PrometheusRegistry.Limits()
        limits.metrics = 2
        let registry = PrometheusRegistry(limits: limits)
        for name in ["a", "b", "c", "d"] { Meter(label: name, factory: registry).set(1) }
        #expect(registry.exposition(.text).contains(#"prometheus_dropped_series_total{metric="other"} 2"#))
        for name in ["a", "b", "c", "d"] { Counter(label: name, factory: registry).increment() }
        let dropped = registry.exposition(.text).split(separator: "\n")
            .filter { $0.hasPrefix("prometheus_dropped_series_total{") }
        #expect(dropped.count == 2, "others, a_total, and no more: \(dropped)")
    }

    @Test(
        "A name that another kind of metric has, or that would be one of its samples, is dropped and counted",
        arguments: ["h", "h_sum", "h_bucket", "c", "process_open_fds", "prometheus_dropped_series_total"]
    )
    func conflicts(name: String) {
        Timer(label: "h", factory: registry).recordNanoseconds(1)
        Counter(label: "c_total", factory: registry).increment()
        let before = text()
        Meter(label: name, factory: registry).set(1)
        #expect(text().replacing(#/# HELP prometheus(.|\n)*$/#, with: "") == before)
        #expect(text().contains(#"prometheus_dropped_series_total{metric="\#(name)"} 1"#))
    }

    @Test("What is destroyed is shown no more, begins anew when it is asked for again, and gives its name free")
    func destroying() {
        let counter = Counter(label: "c", dimensions: [("l", "a")], factory: registry)
        let other = Counter(label: "c", dimensions: [("l", "b")], factory: registry)
        let meter = Meter(label: "m", factory: registry)
        let timer = Timer(label: "t", factory: registry)
        let recorder = Recorder(label: "r", factory: registry)
        let amounts = FloatingPointCounter(label: "f", factory: registry)
        counter.increment()
        counter.destroy()
        meter.destroy()
        timer.destroy()
        recorder.destroy()
        amounts.destroy()
        #expect(text() == "# TYPE c_total counter\nc_total{l=\"b\"} 0\n")
        let again = Counter(label: "c", dimensions: [("l", "a")], factory: registry)
        again.increment(by: 5)
        counter.destroy()
        #expect(text().contains(#"c_total{l="a"} 5"#), "who destroyed it before has no say over the new one")
        again.destroy()
        other.destroy()
        Meter(label: "c_total", factory: registry).set(3)
        #expect(text() == "# TYPE c_total gauge\nc_total 3\n")
    }

    @Test("What is to be computed when it is asked for is computed before each exposition")
    func beforeExposition() {
        let meter = Meter(label: "m", factory: registry)
        registry.beforeExposition { [weak meter] in meter?.increment() }
        withExtendedLifetime(meter) {
            #expect(text().hasSuffix("m 1.0\n"))
            #expect(text().hasSuffix("m 2.0\n"))
        }
    }

    @Test("Nothing is lost when many record, make, destroy and look at a time")
    func concurrency() async {
        let registry = registry
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    let shared = Counter(label: "shared", factory: registry)
                    for round in 0..<500 {
                        shared.increment()
                        let own = Timer(label: "own", dimensions: [("t", "\(task)")], factory: registry)
                        own.recordNanoseconds(Int64(round))
                        own.destroy()
                        if round % 100 == 0 { _ = registry.exposition(.openMetrics) }
                    }
                }
            }
        }
        #expect(text() == "# TYPE shared_total counter\nshared_total 4000\n")
    }
}
