import Testing

@testable import KubernetesClient

@Suite("The certificate authority that is trusted")
struct TrustedAuthorityTests {
    private static let start = ContinuousClock.now

    @Test("A3: is read again after a minute, not before, and stays while its file is empty, broken or gone")
    func rotated() throws {
        let directory = try TemporaryDirectory()
        var authority = TrustedAuthority(.file(try directory.write(FakePEM.certificate, to: "ca.crt")))
        func text(_ seconds: Int) throws -> String? {
            try authority.current(at: Self.start + .seconds(seconds)).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(try text(0) == FakePEM.certificate)
        try directory.write(FakePEM.certificate + "new", to: "ca.crt")
        #expect(try text(59) == FakePEM.certificate)
        #expect(try text(60) == FakePEM.certificate + "new")
        for (minute, content) in [(2, ""), (3, "no certificate")] {
            try directory.write(content, to: "ca.crt")
            #expect(try text(minute * 60) == FakePEM.certificate + "new")
        }
        try directory.remove("ca.crt")
        #expect(try text(240) == FakePEM.certificate + "new")
    }

    @Test("A3: that could never be read is an error; that nobody has named is the system's")
    func absent() throws {
        var missing = TrustedAuthority(.file("/nowhere/ca.crt"))
        #expect(throws: ConfigurationError.self) { try missing.current(at: Self.start) }
        var system = TrustedAuthority(nil)
        #expect(try system.current(at: Self.start) == nil)
    }
}
