import PodSecurity
import Testing

@Suite struct PolicyTests {
    @Test("The latest version is at least as strict as every other")
    func latestIsStrictest() {
        let latest = Policy(level: .baseline, version: .latest)
        #expect(latest.isAtLeastAsStrict(as: Policy(level: .baseline, version: .minor(99))))
    }
}
