import Testing

@testable import KubernetesClient

@Suite("A server's address")
struct ServerURLTests {
    @Test(
        "is normalized, or refused",
        arguments: [
            ("https://h:6443", "https://h:6443" as String?), ("HTTPS://h/", "https://h"),
            ("https://[::1]:6443/a/b//", "https://[::1]:6443/a/b"), ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
            ("h:6443", nil), ("https://", nil), ("https://h:0", nil), ("https://h:65536", nil), ("https://h:", nil),
            ("https://::1", nil), ("https://u:p@h", nil), ("https://h?q", nil), ("https://h#f", nil),
            ("ftp://h", nil), ("https://h h", nil), ("https://[::1", nil), ("https://h:+1", nil),
        ]
    )
    func addresses(text: String, expected: String?) {
        #expect(ServerURL.normalized(text) == expected)
    }
}
