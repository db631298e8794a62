import Testing

@testable import PrometheusMetrics

@Suite struct ExpositionFormatTests {
    @Test(
        "OpenMetrics is for who asks for it by name and does not prefer the text format",
        arguments: [
            (nil, .text), ("", .text), ("*/*", .text), ("text/plain", .text), ("text/html, */*;q=0.1", .text),
            ("application/openmetrics-text", .openMetrics),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
            ("APPLICATION/OpenMetrics-Text;Version=\"1.0.0\"", .openMetrics),
            // What Prometheus 2.42 sends.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
            ),
            ("application/openmetrics-text;version=0.0.1", .text),
            ("application/openmetrics-text;version=2.0.0, text/plain;q=0.2", .text),
            ("text/plain;q=0.9, application/openmetrics-text;q=0.8", .text),
            ("text/plain;q=0.8, application/openmetrics-text;q=0.9", .openMetrics),
            ("application/openmetrics-text;q=0, */*", .text),
            ("application/openmetrics-text;q=0.5, */*;q=0.8", .text),
            ("application/openmetrics-text;q=nonsense, text/plain;q=0.1", .text),
            ("application/openmetrics-text;q=7", .text),
            (",;,=;q", .text),
        ] as [(String?, ExpositionFormat)]
    )
    func accept(header: String?, format: ExpositionFormat) {
        #expect(ExpositionFormat(accept: header) == format)
    }

    @Test("Each format names itself and its version")
    func contentTypes() {
        #expect(ExpositionFormat.text.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            ExpositionFormat.openMetrics.contentType == "application/openmetrics-text; version=1.0.0; charset=utf-8"
        )
    }
}
