import Hardening
import Testing

@Suite struct GlobTests {
    @Test("A star matches any characters")
    func star() throws {
        let glob = try #require(Glob("sandbox-*"))
        #expect(glob.matches("sandbox-1"))
    }
}
