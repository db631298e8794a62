import PodSecurity
import Testing

@Suite struct LevelTests {
    @Test("Each level permits less than the one before")
    func order() {
        #expect(Level.allCases.shuffled().sorted() == [.privileged, .baseline, .restricted])
    }

    @Test(
        "Levels are read as the labels have them, and nothing else is",
        arguments: ["", "Restricted", "strict", "latest"]
    )
    func names(_ text: String) {
        #expect(Level(rawValue: text) == nil)
        #expect(Level.allCases.map(\.rawValue) == ["privileged", "baseline", "restricted"])
    }
}

@Suite struct VersionTests {
    @Test(
        "Versions are read and printed as the labels have them",
        arguments: [("latest", .latest), ("v1.0", .minor(0)), ("v1.9", .minor(9)), ("v1.36", .minor(36))]
            as [(String, Version)]
    )
    func reads(_ text: String, _ version: Version) {
        #expect(Version(text) == version)
        #expect(version.description == text)
    }

    @Test(
        "What the server would refuse is not read",
        arguments: [
            "", "v1", "v1.", "1.24", "v2.0", "v1.01", "v1.00", "v1.-1", "v1.+1", "v1.24.1", "v1.x", "V1.24", "Latest",
            " latest",
            "v1.24 ", "v1.٣", "v1.99999999999999999999999999",
        ]
    )
    func refuses(_ text: String) {
        #expect(Version(text) == nil)
    }

    @Test("Versions are ordered by number, not by text, and the latest is after all of them")
    func order() {
        let ordered: [Version] = [.minor(0), .minor(9), .minor(10), .minor(24), .minor(.max), .latest]
        #expect(ordered.shuffled().sorted() == ordered)
    }
}

@Suite struct PolicyTests {
    private static let levels = Level.allCases
    private static let versions: [Version] = [.minor(24), .minor(36), .latest]
    private static let policies = levels.flatMap { level in versions.map { Policy(level: level, version: $0) } }

    @Test("A greater level of an older version lets through what a lesser one of a later version refuses")
    func level() throws {
        let old = Policy(level: .restricted, version: .minor(0)), new = Policy(level: .baseline, version: .minor(34))
        #expect(!old.isAtLeastAsStrict(as: new) && !new.isAtLeastAsStrict(as: old))
        #expect(old.joined(with: new) == Policy(level: .restricted, version: .minor(34)))
        #expect(Policy(level: .restricted, version: .minor(34)).isAtLeastAsStrict(as: new))
        #expect(
            Policy(level: .baseline, version: .minor(0)).isAtLeastAsStrict(
                as: .init(level: .privileged, version: .latest)
            )
        )
        #expect(
            !Policy(level: .baseline, version: .latest).isAtLeastAsStrict(
                as: Policy(level: .restricted, version: .minor(0))
            )
        )
    }

    @Test("Of one level, a version that is not older is at least as strict")
    func version() {
        let present = Policy(level: .baseline, version: .minor(30))
        #expect(present.isAtLeastAsStrict(as: Policy(level: .baseline, version: .minor(30))))
        #expect(present.isAtLeastAsStrict(as: Policy(level: .baseline, version: .minor(9))))
        #expect(!present.isAtLeastAsStrict(as: Policy(level: .baseline, version: .minor(31))))
        #expect(!present.isAtLeastAsStrict(as: Policy(level: .baseline, version: .latest)))
    }

    @Test("Strictness is an order, and what joins two is at least as strict as either")
    func order() {
        for left in Self.policies {
            for right in Self.policies {
                let forth = left.isAtLeastAsStrict(as: right), back = right.isAtLeastAsStrict(as: left)
                #expect((forth && back) == (left == right) || left.level == .privileged && right.level == .privileged)
                let join = left.joined(with: right)
                #expect(join.isAtLeastAsStrict(as: left) && join.isAtLeastAsStrict(as: right))
                for third in Self.policies where forth && right.isAtLeastAsStrict(as: third) {
                    #expect(left.isAtLeastAsStrict(as: third))
                }
            }
        }
    }

    @Test("A policy is printed as level and version")
    func description() {
        #expect("\(Policy(level: .restricted, version: .minor(36)))" == "restricted:v1.36")
    }
}
